"""The published protocol on markets of two years, and on the German market, which is read from outside."""

from pathlib import Path

import numpy as np
import polars as pl

from flex_pipeline.forecasting.prices.market import Market
from flex_pipeline.forecasting.prices.rolling import forecast_days, learn
from flex_pipeline.forecasting.scores import mae


def market(days: int) -> Market:
    draw = np.random.default_rng(0)
    wind = draw.uniform(0, 10, (days, 24, 1))
    prices = 40 + np.arange(24) - wind[:, :, 0] - 30 * (wind[:, :, 0] > 8) + draw.normal(0, 1, (days, 24))
    return Market(prices, wind, np.arange(days) % 7)


def test_changing_everything_from_a_day_on_leaves_its_forecast_unchanged() -> None:
    known = market(580)
    prices, published = known.prices.copy(), known.published.copy()
    prices[575:], published[576:] = -999.0, 999.0
    other = Market(prices, published, known.weekday)
    forecast, changed = forecast_days(known, 570, 8), forecast_days(other, 570, 8)
    assert np.array_equal(forecast[:6], changed[:6])
    assert not np.array_equal(forecast[6], changed[6])


def test_a_young_market_is_forecast_without_a_correction() -> None:
    assert learn(market(400), 400) is None
    assert np.isfinite(forecast_days(market(60), 50, 10)).all()


def test_corrected_forecasts_follow_what_bends() -> None:
    known = market(580)
    days = slice(560, 580)
    corrected = mae(forecast_days(known, 560, 20).ravel(), known.prices[days].ravel())
    young = Market(known.prices[280:], known.published[280:], known.weekday[280:])
    assert corrected < 0.6 * mae(forecast_days(young, 280, 20).ravel(), known.prices[days].ravel())


def test_german_prices_of_two_winter_months_are_half_the_naive_error_or_less(shared: Path) -> None:
    frame = pl.read_csv(shared / "data" / "epf_DE.csv", try_parse_dates=True)
    days, (time, *columns) = frame.height // 24, frame.columns
    values = frame.select(pl.col(columns).cast(pl.Float64)).to_numpy().reshape(days, 24, -1)
    weekday = frame[time].dt.weekday().to_numpy()[::24].astype(np.int64) - 1
    germany = Market(values[:, :, 0], values[:, :, 1:], weekday)
    actual, naive = germany.prices[-60:], germany.prices[-67:-7]
    young = Market(germany.prices[-500:], germany.published[-500:], germany.weekday[-500:])
    assert mae(forecast_days(young, 440, 60), actual) < 0.5 * mae(naive, actual)
