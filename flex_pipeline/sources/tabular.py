"""Sensors read from tables: a column of times, a column of values. CSV and Parquet files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import Field, field_validator

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import files, table
from flex_pipeline.sources.clock_changes import clock_changes
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.files import Version
from flex_pipeline.sources.reading import INSTANT, Reading, Window
from flex_pipeline.sources.series import SeriesSource
from flex_pipeline.sources.wall_clock import DaylightSaving, Stamp, parse_times


class TableSource(SeriesSource):
    """A column of a table. What is not said is as the sensor says it: timezone, unit and resolution."""

    column: str
    time_column: str = Field(default="timestamp", alias="time-column")
    belief_column: str | None = Field(default=None, alias="belief-column")  # since when a value was believed
    timezone: str | None = None  # of times without an offset
    stamp: Stamp = "start"  # which end of its interval the time of a row is
    daylight_saving: DaylightSaving = Field(default="wall", alias="daylight-saving")

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError):
            raise ValueError('is not a timezone, for example "Europe/Amsterdam"') from None
        return value

    def clock(self, sensor: Sensor) -> tuple[str, str, timedelta, Stamp, DaylightSaving]:
        """How times are read: their column, zone, the resolution, which end they stamp, daylight saving."""
        zone, resolution = self.timezone or sensor.timezone, self.resolution or sensor.resolution
        return self.time_column, zone, resolution, self.stamp, self.daylight_saving

    def values_of(self, timed: pl.DataFrame, sensor: Sensor, window: Window) -> pl.DataFrame:
        """(event_start, value), maybe with belief_time, of timed rows in and around the window, for the sensor.

        Raises SourceError.
        """
        table.require_column(timed, self.column, "source.column")
        resolution = self.resolution or sensor.resolution
        margin = max(resolution, sensor.resolution)  # a step of the source may straddle the ends
        near = timed.filter(window.wider(margin).holds())
        values = table.numbers(near, self.column)
        if self.belief_column is not None:
            values = values.with_columns(belief_time=self._beliefs(near, sensor))
        return self.to_sensor(values, sensor, self.unit or sensor.unit, resolution)

    def _beliefs(self, rows: pl.DataFrame, sensor: Sensor) -> pl.Series:
        assert self.belief_column is not None
        table.require_column(rows, self.belief_column, "source.belief-column")
        times = parse_times(rows[self.belief_column], "source.belief-column")
        if times.dtype == INSTANT:
            return times
        zone = self.timezone or sensor.timezone
        # of the hour that comes twice the later: nothing is believed before it can be known
        local = times.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
        return local.dt.convert_time_zone("UTC")

    def notices(self, rows: pl.DataFrame, sensor: Sensor, window: Window) -> tuple[str, ...]:
        """What was decided by rule where the clock changes. The times of the rows can be read."""
        zone = self.timezone or sensor.timezone
        return clock_changes(rows, self.time_column, zone, self.daylight_saving, window)


class FileSource(TableSource):
    """A file, or several by a glob pattern, here or at an address that fsspec can open."""

    kind: ClassVar[str]
    path: str

    def name(self) -> str:
        """The kind of file and its name, without folders."""
        return f"{self.kind}:{Path(urlsplit(self.path).path).name}"

    def read(self, sensor: Sensor, window: Window, base: Path) -> Reading:
        """The values of the window, and of what straddles its ends. Raises SourceError."""
        version = files.versions(self.path, base, f"source.{self.kind}")
        return read_files(self, version, self.kind == "csv", sensor, window)


def read_files(
    source: TableSource, version: Version, is_csv: bool, sensor: Sensor, window: Window
) -> Reading:
    """The values that files have for the window. Raises SourceError, with the file."""
    try:
        timed = table.timed(version, is_csv, *source.clock(sensor))
        values = source.values_of(timed, sensor, window)
        notices = source.notices(table.load(version, is_csv), sensor, window)
    except SourceError as error:
        raise error.in_file(version[0][0]) from error
    return Reading(values, notices)


class CsvSource(FileSource):
    """A CSV file with a header, or several by a glob pattern."""

    kind = "csv"
    path: str = Field(alias="csv")


class ParquetSource(FileSource):
    """A Parquet file, or several by a glob pattern."""

    kind = "parquet"
    path: str = Field(alias="parquet")
