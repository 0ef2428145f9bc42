"""From the step of a source to the step of a sensor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import polars as pl

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources.errors import SourceError

# What a value says of its step: the mean over it, the sum over it, or what holds at its start.
Statistic = Literal["average", "total", "state"]


def resample(
    frame: pl.DataFrame, resolution: timedelta, sensor: Sensor, statistic: Statistic = "average"
) -> pl.DataFrame:
    """(event_start, value), maybe with belief_time, at `resolution` to the sensor's.

    Over shorter steps an average is held, a total is shared out equally, and a state runs in a straight line
    to the next one. Of shorter steps averages are averaged and totals added, and the result is missing where
    a part of it is: three quarters are no hour; of states the one at the start of the step holds.

    A `soc-minima` asks for energy at an instant, so it is asked once, at the first of the shorter steps; and of
    several asked within one step the highest is kept, at its start: early enough for all. What was believed at
    different times is not mixed. Raises SourceError where the steps do not fit into each other.
    """
    if resolution == sensor.resolution:
        return frame
    if resolution > sensor.resolution and not resolution % sensor.resolution:
        return _finer(frame, resolution // sensor.resolution, sensor, statistic)
    if resolution < sensor.resolution and not sensor.resolution % resolution:
        return _coarser(frame, sensor.resolution // resolution, sensor, statistic)
    raise SourceError(
        "source.resolution",
        resolution,
        f"and the sensor's {sensor.resolution} must hold each other a whole number of times",
    )


def _asks_at_an_instant(sensor: Sensor) -> bool:
    return sensor.kind == "soc-minima"


def _beliefs(frame: pl.DataFrame) -> list[str]:
    return [column for column in frame.columns if column == "belief_time"]


def _order(frame: pl.DataFrame) -> Sequence[str]:
    return ["event_start", *_beliefs(frame)]


def _finer(frame: pl.DataFrame, parts: int, sensor: Sensor, statistic: Statistic) -> pl.DataFrame:
    step = sensor.resolution
    if statistic == "state" and not _asks_at_an_instant(sensor):
        frame = _with_next(frame, parts * step)
    shifted = [
        frame.with_columns(pl.col("event_start") + part * step, _share(part, parts, sensor, statistic))
        for part in range(parts)
    ]
    return pl.concat(shifted).select("event_start", "value", *_beliefs(frame)).sort(_order(frame))


def _share(part: int, parts: int, sensor: Sensor, statistic: Statistic) -> pl.Expr:
    value = pl.col("value")
    if _asks_at_an_instant(sensor):
        return pl.lit(None, pl.Float64).alias("value") if part else value
    if statistic == "state" and part:
        return value + (pl.col("_next") - value) * (part / parts)
    return value / parts if statistic == "total" else value


def _with_next(frame: pl.DataFrame, step: timedelta) -> pl.DataFrame:
    """With `_next`, the state one step later; null where there is none."""
    following = frame.unique(_order(frame), keep="last").select(
        pl.col("event_start") - step, pl.col("value").alias("_next"), *_beliefs(frame)
    )
    return frame.join(following, on=_order(frame), how="left", nulls_equal=True, maintain_order="left")


def _coarser(frame: pl.DataFrame, parts: int, sensor: Sensor, statistic: Statistic) -> pl.DataFrame:
    # steps begin on the local clock: in zones half an hour off UTC an hour starts at :30
    local = pl.col("event_start").dt.convert_time_zone(sensor.timezone).dt.truncate(sensor.resolution)
    begins = local.dt.convert_time_zone("UTC")
    if statistic == "state" and not _asks_at_an_instant(sensor):
        return frame.filter(pl.col("event_start") == begins)
    present = pl.col("event_start").filter(pl.col("value").is_not_null()).n_unique()
    # of a step given twice both values are in, so a total is as many means as there are parts
    mean = pl.when(present == parts).then(pl.col("value").mean())
    whole = mean * parts if statistic == "total" else mean
    return (
        frame.group_by(begins.alias("step"), *_beliefs(frame), maintain_order=True)
        .agg((pl.col("value").max() if _asks_at_an_instant(sensor) else whole).alias("value"))
        .rename({"step": "event_start"})
        .select("event_start", "value", *_beliefs(frame))
        .sort(_order(frame))
    )
