"""What LARS chooses, on markets whose make-up is known."""

import warnings

import numpy as np
import pytest

from flex_pipeline.forecasting.prices.lars import aicc, choose, lars
from flex_pipeline.forecasting.prices.market import HOURS, Market

DAY = 200
FIRST_PUBLISHED = 4 * HOURS  # after the prices of 1, 2, 3 and 7 days before


def market() -> Market:
    """The price of each hour follows what is published for it alone."""
    draw = np.random.default_rng(0)
    published = draw.normal(0, 10, (DAY + 1, HOURS, 1))
    return Market(
        40 + published[:, :, 0] + draw.normal(0, 0.5, (DAY + 1, HOURS)), published, np.arange(DAY + 1) % 7
    )


def test_of_the_regressors_of_an_hour_the_one_that_it_follows_is_chosen_and_few_others() -> None:
    chosen = choose(market(), DAY)
    own = chosen[:, np.arange(HOURS), FIRST_PUBLISHED + np.arange(HOURS)]
    assert own.min() == 1
    assert chosen.sum(axis=2).mean() < 12  # of 4 · 24 prices, 3 · 24 published values and 7 weekdays


def test_a_price_is_forecast_by_what_it_follows() -> None:
    known = market()
    error = lars(known, DAY, choose(known, DAY)).mean(axis=0) - known.prices[DAY]
    assert np.abs(error).mean() < 1.5  # noise of 0.5, prices that deviate by 10


def test_neither_the_choice_nor_the_forecast_sees_the_day_or_later_ones() -> None:
    known = market()
    prices, published = known.prices.copy(), known.published.copy()
    prices[150:], published[151:] = -999.0, 999.0
    other = Market(prices, published, known.weekday)
    assert np.array_equal(choose(known, 150), choose(other, 150))
    chosen = choose(known, 150)
    assert np.array_equal(lars(known, 150, chosen), lars(other, 150, chosen))


def test_of_prices_that_never_change_nothing_is_chosen() -> None:
    flat = Market(np.full((60, HOURS), 25.0), np.empty((60, HOURS, 0)), np.arange(60) % 7)
    chosen = choose(flat, 59)
    assert chosen.sum() == 0
    assert lars(flat, 59, chosen) == pytest.approx(np.full((2, HOURS), 25.0))


def test_of_series_that_are_equal_or_never_change_the_others_are_chosen_from() -> None:
    known = market()
    same = np.concatenate([known.published, known.published, np.ones_like(known.published)], axis=2)
    twice = Market(known.prices, same, known.weekday)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chosen = choose(twice, DAY)
    error = lars(twice, DAY, chosen).mean(axis=0) - known.prices[DAY]
    assert np.abs(error).mean() < 1.5


def test_aicc_by_hand() -> None:
    # 10 ln(20/10) + 2·1 + 2·1·2/(10-1-1) = 9.43; 10 ln(10/10) + 2·3 + 2·3·4/(10-3-1) = 10
    values = aicc(np.array([20.0, 10.0, 0.0]), np.array([1, 3, 9]), 10)
    assert values == pytest.approx([9.431, 10.0, np.inf], abs=0.001)
