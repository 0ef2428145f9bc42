"""The frame a suite is validated on: a day of readings, the steps that are missing, the limits."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.limits import LEAST_SPIKE, UNLIMITED, UNUSUAL_PEAK, limits
from flex_pipeline.quality.neighbours import EXCESS, JUMP, with_flat_hours
from flex_pipeline.quality.usual import Comparison, missed_deliveries
from flex_pipeline.timeseries.grid import local_day
from flex_pipeline.timeseries.sun import sun

INSTANT = pl.Datetime("us", "UTC")
DAY_BEFORE = timedelta(days=1)
DARK_BELOW_DEG = -6.0  # the end of civil twilight
BESIDE = ("kind", "day_start", "day_end", "resolution", "latitude", "longitude", "spike", "drift")

_ABOUT: dict[str, pl.DataType | type[pl.DataType]] = {
    "sensor": pl.String,
    "kind": pl.String,
    "resolution": pl.Duration("us"),
    "latitude": pl.Float64,
    "longitude": pl.Float64,
    "day_start": INSTANT,
    "day_end": INSTANT,
    "low": pl.Float64,
    "high": pl.Float64,
    "night": pl.Float64,
    "smallest_peak": pl.Float64,
    "flat_after": pl.Float64,
    "spike": pl.Float64,
    "drift": pl.Float64,
    "stale_after": pl.Float64,
    "missed": pl.Float64,
    "fastest": pl.Float64,
}


def day_frame(
    readings: pl.DataFrame,
    sensors: Sequence[Sensor],
    day: date,
    *,
    due_until: datetime,
    comparison: Comparison,
) -> pl.DataFrame:
    """Every stored value of the sensors' local day, and a row with no value for each due step that has none.

    `readings`: sensor, event_start (UTC), value; those of the day before tell how long a value is the same.
    Result: sensor, event_start, value, and what it is compared with, null where there is
    nothing to compare: on_grid; low, high; night (in the dark); smallest_peak, day_peak (of a day that is not
    all zero); flat_after, flat_hours; most_excess, excess; fastest, jump; and in the first row of a sensor
    stale_after, missed and most_drift, drifted.
    """
    due = {sensor.name: _due_steps(sensor, day, due_until) for sensor in sensors}
    about = pl.DataFrame(
        [_about(sensor, day, due[sensor.name], comparison) for sensor in sensors], schema=_ABOUT
    ).join(comparison.usual, on="sensor", how="left")
    first, last = min(about["day_start"]), max(about["day_end"])
    stored = (
        readings.filter(pl.col("event_start") >= first - DAY_BEFORE, pl.col("event_start") < last)
        .select("sensor", pl.col("event_start").cast(INSTANT), pl.col("value").cast(pl.Float64))
        .with_columns(pl.col("value").fill_nan(None))
        .drop_nulls("value")
        .join(about, on="sensor")
        .sort("sensor", "event_start", maintain_order=True)
        .with_columns(excess=EXCESS, jump=JUMP)
        .pipe(with_flat_hours)
    )
    return (
        pl.concat([stored, _missing(due, stored).join(about, on="sensor")], how="diagonal")
        .filter(pl.col("event_start").is_between("day_start", "day_end", closed="left"))
        .sort("sensor", "event_start", maintain_order=True)
        .with_columns(**_OF_STEPS)
        .with_columns(**_OF_DAYS)
        .pipe(_only_in_the_dark)
        .drop(BESIDE)
    )


def _missing(due: dict[str, list[datetime]], stored: pl.DataFrame) -> pl.DataFrame:
    steps = [
        pl.DataFrame({"event_start": starts}, schema={"event_start": INSTANT}) for starts in due.values()
    ]
    named = [frame.with_columns(sensor=pl.lit(name)) for name, frame in zip(due, steps, strict=True)]
    return pl.concat(named).join(stored, on=["sensor", "event_start"], how="anti")


_SINCE_MIDNIGHT = (pl.col("event_start") - pl.col("day_start")).dt.total_microseconds()
_PEAK = pl.col("value").abs().max().over("sensor")
_IS_FIRST = pl.int_range(pl.len()).over("sensor") == 0
_OF_STEPS = {
    "on_grid": _SINCE_MIDNIGHT % pl.col("resolution").dt.total_microseconds() == 0,
    "day_peak": pl.when(_PEAK > 0).then(_PEAK),
    "most_excess": pl.when(pl.col("spike").is_not_null() & (pl.col("usual_excess") > 0)).then(
        pl.max_horizontal(pl.col("spike") * pl.col("usual_excess"), LEAST_SPIKE * pl.col("usual_peak"))
    ),
    "smallest_peak": pl.max_horizontal("smallest_peak", pl.col("usual_peak") / UNUSUAL_PEAK),
    "high": pl.when(pl.col("usual_peak") > 0)
    .then(pl.min_horizontal("high", pl.col("usual_peak") * UNUSUAL_PEAK))
    .otherwise("high"),
}
_OF_DAYS = {
    "missed": pl.when(_IS_FIRST).then("missed"),
    "drifted": pl.when(_IS_FIRST).then((pl.col("recent_mean") - pl.col("usual_mean")).abs()),
    "most_drift": pl.col("drift") * pl.col("usual_spread"),
}


def _due_steps(sensor: Sensor, day: date, due_until: datetime) -> list[datetime]:
    """The steps of the day whose values can be known by `due_until`."""
    timezone = ZoneInfo(sensor.timezone)
    grid = local_day(day, timezone, sensor.resolution)
    # a later step is never known earlier, so the due steps come first
    due = bisect_right(
        range(grid.n),
        due_until,
        key=lambda step: sensor.known.at(grid.instant(step), sensor.resolution, timezone),
    )
    return [grid.instant(step) for step in range(due)]


def _about(sensor: Sensor, day: date, due: list[datetime], comparison: Comparison) -> dict[str, Any]:
    grid = local_day(day, ZoneInfo(sensor.timezone), sensor.resolution)
    bounds, expected = limits(sensor), sensor.quality
    about: dict[str, Any] = {
        "sensor": sensor.name,
        "kind": sensor.kind,
        "resolution": sensor.resolution,
        "latitude": sensor.latitude,
        "longitude": sensor.longitude,
        "day_start": grid.start_utc,
        "day_end": grid.end_utc,
        "low": bounds.low,
        "high": bounds.high,
        "night": bounds.night,
        "smallest_peak": bounds.smallest_peak,
        "spike": expected.spike,
        "drift": expected.drift,
        "fastest": comparison.fastest.get(sensor.name, bounds.fastest or UNLIMITED),
    }
    if expected.flat_after is not None:
        about["flat_after"] = expected.flat_after / timedelta(hours=1)
    if expected.stale_after is not None and comparison.last is not None:
        about["stale_after"] = expected.stale_after
        about["missed"] = missed_deliveries(sensor, comparison.last.get(sensor.name), due)
    return dict.fromkeys(_ABOUT) | about


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
