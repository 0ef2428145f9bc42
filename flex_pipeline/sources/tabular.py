"""Sensors read from CSV and Parquet files."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from flex_pipeline.portfolio.sensor import Duration, Sensor
from flex_pipeline.sources import table
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.night import zero_at_night
from flex_pipeline.sources.resampling import resample
from flex_pipeline.sources.units import conversion, parse_unit
from flex_pipeline.sources.wall_clock import DaylightSaving, Stamp


class TableSource(BaseModel):
    """A column of a file. What is not said is as the sensor says it: timezone, unit and resolution."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: ClassVar[str]

    path: str
    column: str
    time_column: str = Field(default="timestamp", alias="time-column")
    timezone: str | None = None  # of times without an offset
    unit: str | None = None  # energy per step is fine for a sensor of power
    resolution: Duration | None = None
    stamp: Stamp = "start"  # which end of its interval the time of a row is
    daylight_saving: DaylightSaving = Field(default="wall", alias="daylight-saving")
    empty: Literal["missing", "zero-at-night"] = (
        "missing"  # some PV meters write nothing while the inverter sleeps
    )

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError):
            raise ValueError('is not a timezone, for example "Europe/Amsterdam"') from None
        return value

    @field_validator("unit")
    @classmethod
    def _unit_exists(cls, value: str) -> str:
        parse_unit(value)
        return value

    @field_validator("resolution")
    @classmethod
    def _steps_have_a_length(cls, value: timedelta) -> timedelta:
        if value <= timedelta(0):
            raise ValueError('must be longer than zero, for example "PT30M"')
        return value

    def name(self) -> str:
        """The kind of file and its name, without folders."""
        return f"{self.kind}:{Path(self.path).name}"

    def read(self, sensor: Sensor, start: datetime, end: datetime, base: Path) -> pl.DataFrame:
        """(event_start, value) of at least the rows in [start, end), in the sensor's unit and steps.

        Raises SourceError.
        """
        resolution = self.resolution or sensor.resolution
        version = table.versions(self.path, base, f"source.{self.kind}")
        try:
            timed = table.timed(
                version,
                self.kind == "csv",
                self.time_column,
                self.timezone or sensor.timezone,
                resolution,
                self.stamp,
                self.daylight_saving,
            )
            table.require_column(timed, self.column, "source.column")
            margin = max(resolution, sensor.resolution)  # a step of the source may straddle the ends
            near = timed.filter(pl.col("event_start").is_between(start - margin, end + margin, closed="left"))
            values = self._convert(table.numbers(near, self.column), sensor)
        except SourceError as error:
            raise SourceError(
                error.field, error.value, error.message, file=error.file or version[0][0]
            ) from error
        if self.empty == "zero-at-night":
            values = zero_at_night(values, resolution, sensor)
        return resample(values, resolution, sensor)

    def _convert(self, values: pl.DataFrame, sensor: Sensor) -> pl.DataFrame:
        unit = self.unit or sensor.unit
        try:
            factor, offset = conversion(unit, sensor.unit, self.resolution or sensor.resolution)
        except ValueError as error:
            raise SourceError("source.unit", unit, f"{error}, the unit of the sensor") from error
        return values.with_columns(pl.col("value") * factor + offset)


class CsvSource(TableSource):
    """A CSV file with a header, or several by a glob pattern."""

    kind = "csv"
    path: str = Field(alias="csv")


class ParquetSource(TableSource):
    """A Parquet file, or several by a glob pattern."""

    kind = "parquet"
    path: str = Field(alias="parquet")
