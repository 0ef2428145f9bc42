"""Where the values of sensors come from: files of others, or a simulation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.simulated import SIMULATIONS, SimulatedSource
from flex_pipeline.sources.tabular import CsvSource, ParquetSource, TableSource

__all__ = ["SourceError", "check_source", "read", "source_name"]

Source = TableSource | SimulatedSource
Problem = tuple[str, object, str]  # field, value, what would be right
_KINDS = ("csv", "parquet", "simulated")


def check_source(config: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a sensor's `source`, as far as can be seen unread: (field, value, why)."""
    model = _model(config)
    if not isinstance(model, type):
        return [model]
    try:
        model.model_validate(dict(config))
    except ValidationError as invalid:
        taken = ", ".join(field.alias or name for name, field in model.model_fields.items())
        return [_problem(error, taken) for error in invalid.errors()]
    return []


def _model(config: Mapping[str, Any]) -> type[Source] | Problem:
    kinds = [kind for kind in _KINDS if kind in config]
    if len(kinds) != 1:
        given = ", ".join(map(str, config)) or "nothing"
        return ("source", given, f"must name exactly one kind of source: {', '.join(_KINDS)}")
    if kinds == ["csv"]:
        return CsvSource
    if kinds == ["parquet"]:
        return ParquetSource
    what = config["simulated"]
    if not isinstance(what, str) or what not in SIMULATIONS:
        return ("source.simulated", what, f"cannot be simulated; what can be: {', '.join(SIMULATIONS)}")
    return SIMULATIONS[what]


def _problem(error: Mapping[str, Any], taken: str) -> Problem:
    field = ".".join(["source", *map(str, error["loc"])])
    if error["type"] == "extra_forbidden":
        return (field, error["input"], f"is an unknown option; this source takes: {taken}")
    if error["type"] == "missing":
        return (field, "nothing", f"is given, but it is required; this source takes: {taken}")
    return (field, error["input"], str(error["msg"]).removeprefix("Value error, ").removeprefix("Input "))


def _source(sensor: Sensor) -> Source:
    for field, value, message in check_source(sensor.source):
        raise SourceError(field, value, message, sensor=sensor.name)
    model = _model(sensor.source)
    assert isinstance(model, type)  # or check_source had said so
    return model.model_validate(sensor.source)


def read(sensor: Sensor, start: datetime, end: datetime, base: Path) -> pl.DataFrame:
    """The values of a sensor for the steps that start in [start, end), by time.

    Columns: event_start (Datetime "us", UTC), value (Float64, in the sensor's unit). Steps that the source
    lacks are not there, empty values are null, and what the source gives twice is there twice: judging is
    left to the checks. `base` is the folder that relative paths start from. Raises SourceError.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError(f"the window {start} to {end} must have a timezone")
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    try:
        frame = _source(sensor).read(sensor, start, end, base)
    except SourceError as error:
        raise error.of(sensor.name) from error
    return frame.filter(pl.col("event_start").is_between(start, end, closed="left"))


def source_name(sensor: Sensor) -> str:
    """The name under which the warehouse lists the source: "csv:home-01.csv", "simulated"."""
    return _source(sensor).name()
