"""What a sensor's days are usually like, from a row of numbers per day: what a new day is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.neighbours import EXCESS
from flex_pipeline.timeseries.grid import local_day

LOOK_BACK = timedelta(days=35)
A_WEEK = timedelta(days=7)
# so many days make something usual
DAYS_FOR_USUAL, DAYS_FOR_SPREAD, DAYS_FOR_RECENT = 7, 14, 4
# daily means of a steady sensor spread by less, but a change of a twentieth is no news
LEAST_SPREAD = 0.05

USUAL = {
    "sensor": pl.String,
    "usual_peak": pl.Float64,
    "usual_excess": pl.Float64,
    "usual_mean": pl.Float64,
    "usual_spread": pl.Float64,
    "recent_mean": pl.Float64,
}


@dataclass(frozen=True)
class Comparison:
    """What a day of readings is compared with, by sensor; where nothing is known nothing is judged."""

    usual: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=USUAL))
    last: Mapping[str, datetime] | None = None  # the last step that has a reading; those without any lack
    fastest: Mapping[str, float] = field(default_factory=dict)  # change of a state, its unit per hour


def day_summaries(readings: pl.DataFrame, sensors: Sequence[Sensor], day: date) -> pl.DataFrame:
    """One row per sensor with readings on its local day: sensor, date, readings, mean, peak, excess.

    `readings`: sensor, event_start (UTC), value. `peak` is the largest absolute value; `excess` the most by
    which a value stands out from both its neighbours.
    """
    grids = {s.name: local_day(day, ZoneInfo(s.timezone), s.resolution) for s in sensors}
    of_day = pl.DataFrame(
        [(name, grid.start_utc, grid.end_utc, grid.resolution) for name, grid in grids.items()],
        schema={
            "sensor": pl.String,
            "day_start": pl.Datetime("us", "UTC"),
            "day_end": pl.Datetime("us", "UTC"),
            "resolution": pl.Duration("us"),
        },
        orient="row",
    )
    return (
        readings.select("sensor", "event_start", pl.col("value").fill_nan(None))
        .drop_nulls("value")
        .join(of_day, on="sensor")
        .filter(pl.col("event_start").is_between("day_start", "day_end", closed="left"))
        .unique(["sensor", "event_start"], keep="last", maintain_order=True)
        .sort("sensor", "event_start")
        .with_columns(excess=EXCESS)
        .group_by("sensor", maintain_order=True)
        .agg(
            date=pl.lit(day),
            readings=pl.len().cast(pl.Int64),
            mean=pl.col("value").mean(),
            peak=pl.col("value").abs().max(),
            excess=pl.col("excess").max(),
        )
    )


def usual(days: pl.DataFrame, day: date) -> pl.DataFrame:
    """What the days before one were like, by sensor, null where too few are known.

    `days`: sensor, date, readings, mean, peak, excess. Peak and excess are medians of LOOK_BACK; the mean and
    its spread from day to day are those of the weeks before the last one, whose own mean is `recent_mean`.
    Days with half the readings of the fullest, or fewer, do not count.
    """
    recent = pl.col("date") >= day - A_WEEK
    before = pl.col("mean").filter(~recent)
    return (
        days.filter(pl.col("date") >= day - LOOK_BACK, pl.col("date") < day)
        .filter(pl.col("readings") * 2 > pl.col("readings").max().over("sensor"))
        .group_by("sensor", maintain_order=True)
        .agg(
            usual_peak=pl.when(pl.len() >= DAYS_FOR_USUAL).then(pl.col("peak").median()),
            usual_excess=pl.when(pl.len() >= DAYS_FOR_USUAL).then(pl.col("excess").median()),
            usual_mean=pl.when(before.len() >= DAYS_FOR_SPREAD).then(before.mean()),
            usual_spread=pl.max_horizontal(before.std(), before.mean().abs() * LEAST_SPREAD),
            recent_mean=pl.when(recent.sum() >= DAYS_FOR_RECENT).then(pl.col("mean").filter(recent).mean()),
        )
        .cast({name: kind for name, kind in USUAL.items() if name != "sensor"})
    )


def missed_deliveries(sensor: Sensor, last: datetime | None, due: Sequence[datetime]) -> int:
    """How many deliveries are missing at the end of a day: steps of a meter, days of what is published by day.

    `due`: the steps of the day that should be known. Without a last reading, all of LOOK_BACK are missing.
    """
    if not due:
        return 0
    seen = last or due[-1] - LOOK_BACK
    if sensor.known.day_ahead is None:
        return max(0, (due[-1] - seen) // sensor.resolution)
    zone = ZoneInfo(sensor.timezone)
    return max(0, (due[-1].astimezone(zone).date() - seen.astimezone(zone).date()).days)
