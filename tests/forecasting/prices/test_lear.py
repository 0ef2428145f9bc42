import numpy as np
import pytest

from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.prices.lear import LONGEST_LAG_DAYS, WINDOWS_DAYS, lear, ridge, robust_scale
from flex_pipeline.forecasting.prices.market import Market


def market(days: int = 120, published: int = 1, seed: int = 0) -> Market:
    """Prices that follow a published series, and the price of the day before, with noise."""
    draw = np.random.default_rng(seed)
    series = draw.normal(0, 10, (days, 24, published))
    prices = 40 + series.sum(axis=2) + draw.normal(0, 1, (days, 24))
    return Market(prices, series, np.arange(days) % 7)


def test_prices_that_follow_what_is_published_are_forecast_from_it() -> None:
    known = market(400)
    error = lear(known, 399).mean(axis=0) - known.prices[399]
    assert np.abs(error).mean() < 0.5 * np.abs(known.prices[399] - 40).mean()


def test_a_forecast_does_not_see_the_day_it_forecasts_nor_the_days_after() -> None:
    known = market()
    changed: Floats = known.prices.copy()
    changed[100:] = -999.0
    other = Market(changed, known.published, known.weekday)
    assert np.array_equal(lear(known, 100), lear(other, 100))


def test_what_is_published_for_the_day_matters() -> None:
    known = market()
    higher = known.published.copy()
    higher[100] += 10
    assert (lear(Market(known.prices, higher, known.weekday), 100) > lear(known, 100)).mean() > 0.9


def test_windows_longer_than_the_history_are_cut_to_it() -> None:
    members = lear(market(120), 119)
    assert members.shape == (len(WINDOWS_DAYS), 24)
    assert np.array_equal(members[-1], members[-2])
    assert not np.array_equal(members[0], members[-1])


def test_a_market_without_published_series_is_forecast_from_its_prices() -> None:
    assert np.isfinite(lear(market(published=0), 100)).all()


def test_too_few_days_are_refused() -> None:
    with pytest.raises(ValueError, match="35 days before the one to forecast, there are 34"):
        lear(market(), 34)


def test_a_day_that_the_market_does_not_hold_is_refused_and_can_be_added() -> None:
    known = market(100)
    with pytest.raises(ValueError, match="day 100 is not in the market, which has 100"):
        lear(known, 100)
    assert np.isfinite(lear(known.with_next_day(), 100)).all()


def test_a_price_that_never_changes_is_forecast_as_it_is() -> None:
    flat = Market(np.full((60, 24), 25.0), np.empty((60, 24, 0)), np.arange(60) % 7)
    assert lear(flat, 59) == pytest.approx(np.full((len(WINDOWS_DAYS), 24), 25.0))


@pytest.mark.parametrize("rows", [20, 80])
def test_ridge_is_that_of_scikit_learn_with_more_and_with_fewer_rows_than_columns(rows: int) -> None:
    from sklearn.linear_model import Ridge

    draw = np.random.default_rng(0)
    x, y, at = draw.normal(size=(rows, 40)), draw.normal(size=(rows, 3)), draw.normal(size=40)
    assert ridge(x, y, at, 5.0) == pytest.approx(Ridge(alpha=5.0).fit(x, y).predict(at[None])[0])


def test_one_spike_does_not_change_the_scale() -> None:
    calm = np.arange(LONGEST_LAG_DAYS, dtype=float)[:, None]
    spiky = np.where(calm == 6, 3000.0, calm)
    assert robust_scale(calm)[1] == pytest.approx(robust_scale(spiky)[1])


def test_a_missing_price_is_refused() -> None:
    with pytest.raises(ValueError, match="fill gaps before"):
        Market(np.full((2, 24), np.nan), np.empty((2, 24, 0)), np.arange(2))


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"prices \(2, 23\)"):
        Market(np.zeros((2, 23)), np.empty((2, 24, 0)), np.arange(2))
