"""The frame a suite is validated on: a day of readings, the steps that are missing, the limits."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.limits import limits
from flex_pipeline.timeseries.grid import local_day
from flex_pipeline.timeseries.sun import sun

INSTANT = pl.Datetime("us", "UTC")
DARK_BELOW_DEG = -6.0  # the end of civil twilight


def day_frame(
    readings: pl.DataFrame, sensors: Sequence[Sensor], day: date, *, due_until: datetime
) -> pl.DataFrame:
    """Every stored value of the sensors' local day, and a row with no value for each due step that has none.

    `readings`: sensor, event_start (UTC), value. Result: row (0, 1, ...), sensor, event_start, value,
    on_grid, low, high, night (null in daylight), smallest_peak, day_peak (null where the day is all zero).
    """
    due = pl.concat([_due_steps(sensor, day, due_until) for sensor in sensors])
    about = pl.DataFrame([_about(sensor, day) for sensor in sensors], schema=_ABOUT, orient="row")
    stored = (
        readings.select("sensor", pl.col("event_start").cast(INSTANT), pl.col("value").cast(pl.Float64))
        .with_columns(pl.col("value").fill_nan(None))
        .drop_nulls("value")
    )
    missing = due.join(stored, on=["sensor", "event_start"], how="anti")
    since_midnight = pl.col("event_start") - pl.col("day_start")
    peak = pl.col("value").abs().max().over("sensor")
    return (
        pl.concat([stored, missing], how="diagonal")
        .join(about, on="sensor")
        .filter(pl.col("event_start") >= pl.col("day_start"), pl.col("event_start") < pl.col("day_end"))
        .sort("sensor", "event_start", maintain_order=True)
        .with_columns(
            on_grid=since_midnight.dt.total_microseconds() % pl.col("resolution").dt.total_microseconds()
            == 0,
            day_peak=pl.when(peak > 0).then(peak),
        )
        .pipe(_only_in_the_dark)
        .drop("day_start", "day_end", "resolution", "latitude", "longitude")
        .with_row_index("row")
    )


def _due_steps(sensor: Sensor, day: date, due_until: datetime) -> pl.DataFrame:
    """The steps of the day whose values can be known by `due_until`."""
    timezone = ZoneInfo(sensor.timezone)
    grid = local_day(day, timezone, sensor.resolution)
    # a later step is never known earlier, so the due steps come first
    due = bisect_right(
        range(grid.n),
        due_until,
        key=lambda step: sensor.known.at(grid.instant(step), sensor.resolution, timezone),
    )
    starts = pl.Series("event_start", grid.starts[:due], dtype=pl.Datetime("us")).dt.replace_time_zone("UTC")
    return pl.DataFrame({"event_start": starts}).with_columns(sensor=pl.lit(sensor.name))


_ABOUT: dict[str, pl.DataType | type[pl.DataType]] = {
    "sensor": pl.String,
    "resolution": pl.Duration("us"),
    "latitude": pl.Float64,
    "longitude": pl.Float64,
    "day_start": INSTANT,
    "day_end": INSTANT,
    "low": pl.Float64,
    "high": pl.Float64,
    "night": pl.Float64,
    "smallest_peak": pl.Float64,
}


def _about(sensor: Sensor, day: date) -> tuple[object, ...]:
    grid = local_day(day, ZoneInfo(sensor.timezone), sensor.resolution)
    bounds = limits(sensor)
    place = (sensor.latitude, sensor.longitude)
    within = (grid.start_utc, grid.end_utc)
    return (
        sensor.name,
        sensor.resolution,
        *place,
        *within,
        bounds.low,
        bounds.high,
        bounds.night,
        bounds.smallest_peak,
    )


def _only_in_the_dark(frame: pl.DataFrame) -> pl.DataFrame:
    """`night` stays only where the sun is far below the horizon in the middle of the step."""
    limited = frame["night"].is_not_null().to_numpy()
    if not limited.any():
        return frame
    seen = frame.filter(limited)
    middle = (seen["event_start"] + seen["resolution"] / 2).dt.replace_time_zone(None).to_numpy()
    dark = np.zeros(frame.height, dtype=bool)
    dark[limited] = sun(middle, seen["latitude"], seen["longitude"]).elevation_deg < DARK_BELOW_DEG
    return frame.with_columns(night=pl.when(pl.Series(dark)).then("night"))
