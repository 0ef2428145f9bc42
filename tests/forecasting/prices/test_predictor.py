from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from flex_pipeline.forecasting.history import History
from flex_pipeline.forecasting.ladder import train
from flex_pipeline.forecasting.model import LadderStep
from flex_pipeline.forecasting.prices.predictor import hourly_market
from flex_pipeline.forecasting.wall_clock import WallClock
from flex_pipeline.portfolio.sensor import Sensor

MakeSensor = Callable[..., Sensor]
MakeSeries = Callable[..., pl.DataFrame]

ORIGIN = datetime(2026, 2, 10, 12, 15, tzinfo=UTC)  # 13:15 in Paris: the prices of the 11th are known
KNOWN_END = datetime(2026, 2, 11, 23, tzinfo=UTC)
PUBLISHED = {"day-ahead": "13:00"}


def price(local: datetime) -> float:
    """Dear evenings, cheap weekends, and within each hour 1 more per quarter."""
    evening = 40.0 if 18 <= local.hour < 21 else 0.0
    return 50.0 + evening - (20.0 if local.weekday() >= 5 else 0.0) + local.minute / 15


@pytest.mark.parametrize("minutes", [60, 15])
def test_prices_of_the_two_days_after_those_known_are_forecast_in_their_resolution(
    sensor: MakeSensor, series: MakeSeries, minutes: int
) -> None:
    market = sensor("price", unit="EUR/MWh", known=PUBLISHED, resolution=f"PT{minutes}M")
    history = series(price, KNOWN_END, 120, minutes, noise=2.0)
    model = train(history, market, cutoff=ORIGIN)
    assert (model.ladder_step, model.name) == (LadderStep.AUCTION_PRICES, "LEAR")
    starts = [KNOWN_END + i * timedelta(minutes=minutes) for i in range(48 * 60 // minutes)]
    values = model.predict(history, origin=ORIGIN, starts=starts)["value"].to_numpy().reshape(-1, 3)
    expected = [price(start + timedelta(hours=1)) for start in starts]
    assert np.abs(values[:, 1] - expected).mean() < 1.5
    assert (np.diff(values, axis=1) >= 0).all()
    assert model.scores.mae < model.scores.mae_naive


def test_ten_weeks_of_prices_are_enough(sensor: MakeSensor, series: MakeSeries) -> None:
    market = sensor("price", unit="EUR/MWh", known=PUBLISHED)
    assert train(series(price, KNOWN_END, 73, noise=2.0), market, cutoff=ORIGIN).name == "LEAR"
    assert train(series(price, KNOWN_END, 60, noise=2.0), market, cutoff=ORIGIN).name != "LEAR"


def test_prices_that_a_week_ago_tells_exactly_are_repeated(sensor: MakeSensor, series: MakeSeries) -> None:
    model = train(
        series(price, KNOWN_END, 120), sensor("price", unit="EUR/MWh", known=PUBLISHED), cutoff=ORIGIN
    )
    assert "LEAR did not beat it" in model.reason


def test_a_gap_takes_the_price_of_the_day_before() -> None:
    clock = WallClock("UTC", timedelta(hours=1))
    values = np.arange(72.0)
    values[24 + 2] = np.nan
    market, within_hour = hourly_market(History(clock, 0, values), 3)
    assert market.prices[1, :4].tolist() == [24.0, 25.0, 2.0, 27.0]
    assert within_hour.tolist() == [0.0] * 24
    assert market.weekday.tolist() == [3, 4, 5]  # 1970 began on a Thursday


def test_days_that_were_never_read_repeat_the_last_one() -> None:
    clock = WallClock("UTC", timedelta(hours=1))
    market, _ = hourly_market(History(clock, 0, np.arange(48.0)), 4)
    assert market.prices[2:].tolist() == [market.prices[1].tolist()] * 2
