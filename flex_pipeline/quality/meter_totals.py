"""What a meter has counted on a day beside the energy of the load or the panels that it counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import polars as pl

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.timeseries.units import unit_inside

_KEY = ("day", "sensor")
_PAIRS: dict[str, Any] = {
    "sensor": pl.String,
    "counted": pl.String,
    "kwh": pl.Float64,
    "kw": pl.Float64,
    "step": pl.Duration("us"),
    "share": pl.Float64,
}


def with_energy(frame: pl.DataFrame, readings: pl.DataFrame, sensors: Sequence[Sensor]) -> pl.DataFrame:
    """With `apart_kwh`, by how much count and energy differ, and `most_apart_kwh`, in the first row of a day.

    `frame`: day, sensor, event_start, value of the meters; `readings`: sensor, event_start, value of `sensors`, the
    meters and what they count. Both are null where a meter is not compared, or a step is missing between its first
    and last reading of the day; `counted_kwh` and `measured_kwh` are what was compared.
    """
    pairs = _pairs(sensors)
    is_first = pl.int_range(pl.len()).over(_KEY) == 0
    apart = (pl.col("counted_kwh") - pl.col("measured_kwh")).abs()
    larger = pl.max_horizontal(pl.col("counted_kwh").abs(), pl.col("measured_kwh").abs())
    return (
        frame.join(_compared(frame, readings, pairs), on=_KEY, how="left", maintain_order="left")
        .with_columns(
            apart_kwh=pl.when(is_first).then(apart),
            # the last digit of a counter stands for what is up to one before it moves
            most_apart_kwh=pl.col("share") * larger + pl.col("digit_kwh"),
        )
        .drop("share", "digit_kwh")
    )


def _pairs(sensors: Sequence[Sensor]) -> pl.DataFrame:
    """Each meter with what it counts, what one of both units is inside, and how far they may be apart."""
    by_name = {sensor.name: sensor for sensor in sensors}
    rows = []
    for meter in sensors:
        counted = by_name.get(meter.quality.energy_of or "")
        if counted is not None:
            kwh, kw = unit_inside(meter.unit, "energy").value, unit_inside(counted.unit, "power").value
            rows.append((meter.name, counted.name, kwh, kw, counted.resolution, meter.quality.apart))
    return pl.DataFrame(rows, schema=_PAIRS, orient="row")


def _compared(frame: pl.DataFrame, readings: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """day, sensor, counted_kwh, measured_kwh, share, digit_kwh: where every step between two counts was measured."""
    hours = pl.col("step").dt.total_microseconds() / (timedelta(hours=1) / timedelta(microseconds=1))
    counts = (
        frame.drop_nulls("value")
        .join(pairs, on="sensor")
        .group_by(*_KEY, "counted", "kw", "step", "share", maintain_order=True)
        .agg(
            first=pl.col("event_start").min(),
            last=pl.col("event_start").max(),
            counted_kwh=(pl.col("value").last() - pl.col("value").first()) * pl.col("kwh").first(),
            digit_kwh=_digit(pl.col("value")) * pl.col("kwh").first(),
        )
    )
    energy = readings.drop_nulls("value").unique(["sensor", "event_start"], keep="last", maintain_order=True)
    return (
        counts.join(energy.select(counted="sensor", start="event_start", value="value"), on="counted")
        .filter(pl.col("start") >= pl.col("first"), pl.col("start") + pl.col("step") <= pl.col("last"))
        .group_by(*_KEY, maintain_order=True)
        .agg(
            pl.col("counted_kwh", "digit_kwh", "share").first(),
            measured_kwh=(pl.col("value") * pl.col("kw") * hours).sum(),
            covered=pl.col("step").sum() == pl.col("last").first() - pl.col("first").first(),
        )
        .filter("covered")
        .drop("covered")
    )


def _digit(value: pl.Expr) -> pl.Expr:
    """The last decimal place that any of the values uses: 1, 0.1, 0.01 or 0.001."""
    place = pl.lit(0.001)
    for digits in (2, 1, 0):
        place = pl.when((value.round(digits) == value).all()).then(pl.lit(10.0**-digits)).otherwise(place)
    return place
