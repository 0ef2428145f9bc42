"""Prices in the pipeline with what is published for their day: the same as the library's on the published market."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.price_markets import read_market
from flex_pipeline.forecasting.history import History
from flex_pipeline.forecasting.ladder import train
from flex_pipeline.forecasting.prices.market import HOURS, Market
from flex_pipeline.forecasting.prices.published_days import FEWEST_DAYS, PublishedDays
from flex_pipeline.forecasting.prices.rolling import forecast_days
from flex_pipeline.forecasting.wall_clock import WallClock
from flex_pipeline.portfolio.sensor import Sensor

CLOCK = WallClock("UTC", timedelta(hours=1))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PRICE = {
    "name": "de",
    "unit": "EUR/MWh",
    "resolution": "PT1H",
    "kind": "price",
    "timezone": "UTC",
    "source": {},
}


def history_of(wind: np.ndarray) -> History:
    """Prices of as many days as there is a wind forecast for, the last of which is not known yet."""
    starts = [EPOCH + i * timedelta(hours=1) for i in range(len(wind))]
    frame = pl.DataFrame({"event_start": starts, "value": 50.0, "wind": wind})
    return History.read(frame, CLOCK, EPOCH, EPOCH + timedelta(days=len(wind) // 24 - 1))


def test_a_gap_in_what_is_published_is_filled_in_and_its_day_told_as_incomplete() -> None:
    wind = np.arange((FEWEST_DAYS + 3) * 24.0)
    wind[24 + 5] = np.nan
    days = PublishedDays.read(history_of(wind), 0, FEWEST_DAYS + 2, 1)
    assert days is not None
    assert days.values[1, 5, 0] == wind[5]
    assert days.complete.tolist() == [True, False, *[True] * (FEWEST_DAYS + 1)]


def test_half_a_year_is_needed_to_learn_from() -> None:
    wind = np.arange((FEWEST_DAYS + 1) * 24.0)
    wind[0] = np.nan
    assert PublishedDays.read(history_of(wind), 0, FEWEST_DAYS, 1) is None


def test_prices_are_those_of_the_library_on_the_same_market(shared: Path) -> None:
    """560 days of the German market, so that LEAR (364 days) and its correction (182) both have a say."""
    whole, n = read_market(shared / "data" / "epf_DE.csv"), 560
    market = Market(whole.prices[: n + 1], whole.published[: n + 1], whole.weekday[: n + 1])
    first = datetime(2012, 1, 9, tzinfo=UTC)
    starts = [first + i * timedelta(hours=1) for i in range((n + 1) * HOURS)]
    frame = pl.DataFrame(
        {"event_start": starts, "value": market.prices.ravel()},
    ).with_columns(load=market.published[:, :, 0].ravel(), wind_and_sun=market.published[:, :, 1].ravel())
    origin = first + timedelta(days=n)
    known = frame.with_columns(value=pl.when(pl.col("event_start") < origin).then("value"))

    model = train(known, Sensor.model_validate(PRICE), cutoff=origin)
    forecast = model.predict(known, origin=origin, starts=starts[-HOURS:])

    assert model.name == "LEAR + gradient boosting with regressors"
    middle = forecast.filter(pl.col("quantile") == 0.5)["value"].to_numpy()
    assert middle == pytest.approx(forecast_days(market, n, 1)[0], abs=1e-9)
