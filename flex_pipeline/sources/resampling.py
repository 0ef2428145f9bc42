"""From the step of a source to the step of a sensor."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources.errors import SourceError


def resample(frame: pl.DataFrame, resolution: timedelta, sensor: Sensor) -> pl.DataFrame:
    """(event_start, value) at `resolution` to the sensor's.

    A longer step is held over the shorter ones it covers. A shorter one is averaged, and the mean is missing
    where a part of it is: three quarters are no hour. A `soc-minima` asks for energy at an instant, so it is
    asked once, at the first of the shorter steps; and of several asked within one step the highest is kept,
    at its start: early enough for all. Raises SourceError where the steps do not fit into each other.
    """
    if resolution == sensor.resolution:
        return frame
    at_an_instant = sensor.kind == "soc-minima"
    if resolution > sensor.resolution and not resolution % sensor.resolution:
        return _finer(frame, resolution // sensor.resolution, sensor.resolution, at_an_instant)
    if resolution < sensor.resolution and not sensor.resolution % resolution:
        return _coarser(frame, sensor.resolution // resolution, sensor, at_an_instant)
    raise SourceError(
        "source.resolution",
        resolution,
        f"and the sensor's {sensor.resolution} must hold each other a whole number of times",
    )


def _finer(frame: pl.DataFrame, parts: int, step: timedelta, at_an_instant: bool) -> pl.DataFrame:
    shifted = [
        frame.with_columns(
            pl.col("event_start") + part * step,
            pl.lit(None, pl.Float64).alias("value") if at_an_instant and part else pl.col("value"),
        )
        for part in range(parts)
    ]
    return pl.concat(shifted).sort("event_start", maintain_order=True)


def _coarser(frame: pl.DataFrame, parts: int, sensor: Sensor, at_an_instant: bool) -> pl.DataFrame:
    # steps begin on the local clock: in zones half an hour off UTC an hour starts at :30
    local = pl.col("event_start").dt.convert_time_zone(sensor.timezone).dt.truncate(sensor.resolution)
    present = pl.col("event_start").filter(pl.col("value").is_not_null()).n_unique()
    mean = pl.when(present == parts).then(pl.col("value").mean())
    return (
        frame.group_by(local.dt.convert_time_zone("UTC").alias("step"), maintain_order=True)
        .agg((pl.col("value").max() if at_an_instant else mean).alias("value"))
        .rename({"step": "event_start"})
        .sort("event_start")
    )
