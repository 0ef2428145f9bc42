from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from flex_pipeline.forecasting.ladder import train
from flex_pipeline.forecasting.published import Published
from flex_pipeline.forecasting.wall_clock import WallClock
from flex_pipeline.portfolio.sensor import Sensor

CLOCK = WallClock("UTC", timedelta(hours=1))
DAY = datetime(2026, 2, 10, tzinfo=UTC)


def test_a_series_is_given_at_the_step_around_it_and_over_its_day() -> None:
    starts = [DAY + i * timedelta(hours=1) for i in range(24)]
    frame = pl.DataFrame({"event_start": starts, "value": [None] * 24, "wind": np.arange(24.0)})
    published = Published.read(frame, CLOCK, DAY)
    at_noon = published.around(np.array([published.first + 12]), np.array([1]))
    assert at_noon.tolist() == [[12.0, 11.0, 13.0, 11.5]]
    assert np.isnan(published.around(np.array([published.first - 1]), np.array([0]))[0, 0])


def test_a_load_that_follows_a_published_temperature_is_forecast_from_it(
    sensor: Callable[..., Sensor], series: Callable[..., pl.DataFrame]
) -> None:
    end = DAY + timedelta(days=2)
    cold = np.random.default_rng(0).normal(0, 1, 92 * 24)
    frame = series(lambda _: 10.0, end, 92).with_columns(temperature=-cold, value=pl.col("value") + cold)
    known = frame.with_columns(value=pl.when(pl.col("event_start") < DAY + timedelta(hours=12)).then("value"))
    origin = DAY + timedelta(hours=12)
    model = train(known, sensor(), cutoff=origin)
    starts = frame.filter(pl.col("event_start") >= origin)["event_start"].to_list()
    middle = model.predict(known, origin=origin, starts=starts).filter(pl.col("quantile") == 0.5)["value"]
    error = middle.to_numpy() - frame.filter(pl.col("event_start") >= origin)["value"].to_numpy()
    assert np.abs(error).mean() < 0.3  # 0.8 without the temperature: the mean deviation of a normal
    assert model.scores.mae == pytest.approx(0.2, abs=0.15)


def test_each_lead_is_read_as_its_own_origin_knew_it() -> None:
    starts = [DAY + i * timedelta(hours=1) for i in range(48)]
    told = [
        pl.DataFrame({"event_start": starts, "lead_days": lead, "wind": 100.0 * lead + np.arange(48.0)})
        for lead in range(3)
    ]
    published = Published.read(pl.concat(told), CLOCK, DAY)
    last_of_day = np.array([published.first + 23])

    # an hour later is the next day, which the same origin knew a day earlier
    assert published.around(last_of_day, np.array([0])).tolist() == [[23.0, 22.0, 124.0, 11.5]]
    assert published.around(last_of_day, np.array([1])).tolist() == [[123.0, 122.0, 224.0, 111.5]]
    assert published.at(last_of_day, np.array([7])).tolist() == [[223.0]]  # no longer lead than the last
