"""A column of a table: times in one column, values in another."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import Field, field_validator

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import table
from flex_pipeline.sources.clock_changes import clock_changes
from flex_pipeline.sources.reading import INSTANT, Window
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
        # a step of the source may straddle the ends
        near = timed.filter(window.wider(self.reach(sensor)).holds())
        values = table.numbers(near, self.column)
        values = values.with_columns(**self.beliefs(near, sensor))
        return self.to_sensor(values, sensor, self.unit or sensor.unit, resolution)

    def reach(self, sensor: Sensor) -> timedelta:
        """How far before a window, and after it, rows begin that speak of it."""
        return max(self.resolution or sensor.resolution, sensor.resolution)

    def beliefs(self, rows: pl.DataFrame, sensor: Sensor) -> dict[str, pl.Series]:
        """The column belief_time, if the table has one. Raises SourceError."""
        if self.belief_column is None:
            return {}
        table.require_column(rows, self.belief_column, "source.belief-column")
        return {"belief_time": self.instants(rows[self.belief_column], "source.belief-column", sensor)}

    def instants(self, stamps: pl.Series, field: str, sensor: Sensor) -> pl.Series:
        """Times of other columns than that of the rows' own, in UTC. Raises SourceError."""
        times = parse_times(stamps, field)
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
