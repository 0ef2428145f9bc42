"""Where the values of sensors come from: files, databases and servers of others, or a simulation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Union

import polars as pl
from pydantic import TypeAdapter, ValidationError

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources.dropped_folder import DroppedFolderSource
from flex_pipeline.sources.entsoe import EntsoeSource
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.flexmeasures import FlexMeasuresSource
from flex_pipeline.sources.http import redacted
from flex_pipeline.sources.open_meteo import OpenMeteoSource
from flex_pipeline.sources.reading import Reading, Window
from flex_pipeline.sources.series import SeriesSource
from flex_pipeline.sources.sessions import SessionTable
from flex_pipeline.sources.simulated import SIMULATIONS, SimulatedSource
from flex_pipeline.sources.sql import SqlSource
from flex_pipeline.sources.tabular import CsvSource, ParquetSource
from flex_pipeline.sources.together import Together
from flex_pipeline.sources.web import WebSource

__all__ = [
    "Reading",
    "SourceError",
    "Together",
    "Window",
    "asked_together",
    "check_source",
    "fetch",
    "read",
    "source_name",
    "source_of",
]

Source = (
    CsvSource
    | ParquetSource
    | SqlSource
    | EntsoeSource
    | OpenMeteoSource
    | FlexMeasuresSource
    | DroppedFolderSource
    | SimulatedSource
)
Problem = tuple[str, object, str]  # field, value, what would be right
_SOURCES: dict[str, type[Source]] = {
    "csv": CsvSource,
    "parquet": ParquetSource,
    "sql": SqlSource,
    "entsoe": EntsoeSource,
    "open-meteo": OpenMeteoSource,
    "flexmeasures": FlexMeasuresSource,
    "dropped-folder": DroppedFolderSource,
}
_KINDS = (*_SOURCES, "simulated")


def source_schema() -> dict[str, Any]:
    """The JSON Schema of a sensor's `source`, with its definitions: one of all kinds."""
    kinds: Any = Union[(*_SOURCES.values(), *SIMULATIONS.values())]
    return TypeAdapter(kinds).json_schema()


def check_source(config: Mapping[str, Any], sensor: Sensor | None = None) -> list[Problem]:
    """What is wrong with a sensor's `source`, as far as can be seen unread: (field, value, why).

    With the sensor, also what does not fit it: its unit, its place.
    """
    model = _model(config)
    if not isinstance(model, type):
        return [model]
    try:
        source = model.model_validate(dict(config))
    except ValidationError as invalid:
        return [_problem(error, model) for error in invalid.errors()]
    if sensor is None:
        return []
    has_sessions = isinstance(source, SessionTable) and source.departure_column is not None
    if sensor.kind == "ev-session" and not has_sessions:
        return [
            (
                "source",
                next(iter(config)),
                "has no sessions: csv, parquet and sql do, with a departure-column",
            )
        ]
    return source.problems(sensor) if isinstance(source, SeriesSource) else []


def _model(config: Mapping[str, Any]) -> type[Source] | Problem:
    kinds = [kind for kind in _KINDS if kind in config]
    if len(kinds) != 1:
        given = ", ".join(map(str, config)) or "nothing"
        return ("source", given, f"must name exactly one kind of source: {', '.join(_KINDS)}")
    if kinds[0] in _SOURCES:
        return _SOURCES[kinds[0]]
    what = config["simulated"]
    if not isinstance(what, str) or what not in SIMULATIONS:
        return ("source.simulated", what, f"cannot be simulated; what can be: {', '.join(SIMULATIONS)}")
    return SIMULATIONS[what]


def _problem(error: Mapping[str, Any], model: type[Source]) -> Problem:
    place = [str(step) for step in error["loc"]]
    field = ".".join(["source", *place])
    if error["type"] in ("extra_forbidden", "missing"):
        taken = f"this source takes: {_options(model, place[:-1])}"
        if error["type"] == "missing":
            return (field, "nothing", f"is given, but it is required; {taken}")
        return (field, error["input"], f"is an unknown option; {taken}")
    given = "***" if field.endswith("-env") else error["input"]  # it may be the secret itself
    return (field, given, str(error["msg"]).removeprefix("Value error, ").removeprefix("Input "))


def _options(model: type[Any], place: list[str]) -> str:
    """The options of a source, or of the part of it that a place leads to."""
    for step in place:
        model = next(
            field.annotation for name, field in model.model_fields.items() if step in (name, field.alias)
        )
    fields = [(field.alias or name, field.is_required()) for name, field in model.model_fields.items()]
    first = sorted(fields, key=lambda field: (field[0] not in _KINDS, not field[1]))
    return ", ".join(name for name, _ in first)


def source_of(sensor: Sensor) -> Source:
    """The source of a sensor, ready to be read. Raises SourceError."""
    for field, value, message in check_source(sensor.source):
        raise SourceError(field, value, message, sensor=sensor.name)
    model = _model(sensor.source)
    assert isinstance(model, type)  # or check_source had said so
    return model.model_validate(sensor.source)


def fetch(sensor: Sensor, window: Window, base: Path) -> Reading:
    """The values of a sensor for the steps of the window, by time, and what was decided to read them.

    Values are in the sensor's unit. Steps that the source lacks are not there, empty values are null, and what
    the source gives twice is there twice: judging is left to the checks. Of kind ev-session the values are the
    sessions, as `sessions.SessionTable` has them. `base` is the folder that relative
    paths start from. Raises SourceError, and never gives a part of what there is.
    """
    try:
        reading = _read(source_of(sensor), sensor, window, base)
    except SourceError as error:
        raise error.of(sensor.name) from error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        # what no reader foresaw in a table is still a fault of that source, and of its sensor alone
        raise SourceError("content", redacted(str(error)), "cannot be read", sensor=sensor.name) from error
    return Reading(reading.values.filter(window.holds()), reading.notices)


def _read(source: Source, sensor: Sensor, window: Window, base: Path) -> Reading:
    """A fault in what was asked for together may be that of another day or sensor: then each is asked by itself."""
    try:
        return source.read(sensor, window, base)
    except SourceError:
        if window.together is None or not isinstance(source, WebSource):
            raise
        return source.read(sensor, window.alone(), base)


def asked_together(sensors: Iterable[Sensor], days: Collection[date], now: datetime) -> Together:
    """What some sensors ask servers for on some days, to be asked once: give it to the windows that are read."""
    names = []
    for sensor in sensors:
        source = None if check_source(sensor.source, sensor) else source_of(sensor)
        if isinstance(source, WebSource) and (wanted := source.together(sensor)) is not None:
            names.append(wanted)
    return Together.of(days, now, names)


def read(
    sensor: Sensor, start: datetime, end: datetime, base: Path, now: datetime | None = None
) -> pl.DataFrame:
    """The values of `fetch` alone, for the steps that start in [start, end). Raises SourceError."""
    return fetch(sensor, Window.of(start, end, now), base).values


def source_name(sensor: Sensor) -> str:
    """The name under which the warehouse lists the source: "csv:home-01.csv", "simulated"."""
    return source_of(sensor).name()
