"""What the values of every source have in common: a unit, a step, and what they say of their step."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, field_validator

from flex_pipeline.portfolio.sensor import Duration, Sensor
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.night import zero_at_night
from flex_pipeline.sources.resampling import Statistic, resample
from flex_pipeline.sources.units import becomes_total, conversion, parse_unit, quantity


class SeriesSource(BaseModel):
    """A series of numbers. What is not said is as the sensor says it: unit and resolution."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: str | None = None  # energy per step is fine for a sensor of power
    resolution: Duration | None = None
    values: Statistic = "average"
    capacity: str | None = None  # what 100 % is, for shares
    empty: Literal["missing", "zero-at-night"] = (
        "missing"  # some PV meters write nothing while the inverter sleeps
    )

    @field_validator("unit")
    @classmethod
    def _unit_exists(cls, value: str) -> str:
        parse_unit(value)
        return value

    @field_validator("capacity")
    @classmethod
    def _capacity_has_a_unit(cls, value: str) -> str:
        parse_unit(quantity(value, "60 kWh")[1])
        return value

    @field_validator("resolution")
    @classmethod
    def _steps_have_a_length(cls, value: timedelta) -> timedelta:
        if value <= timedelta(0):
            raise ValueError('must be longer than zero, for example "PT30M"')
        return value

    def problems(self, sensor: Sensor) -> list[tuple[str, object, str]]:
        """What does not fit the sensor, as far as can be seen unread: (field, value, why)."""
        if self.unit is None:
            return []
        try:
            self.factor(self.unit, self.resolution or sensor.resolution, sensor)
        except SourceError as error:
            return [(error.field, error.value, error.message)]
        return []

    def factor(self, unit: str, resolution: timedelta, sensor: Sensor) -> tuple[float, float]:
        """(factor, offset) from a unit to the sensor's. Raises SourceError."""
        capacity = self.capacity or (f"{sensor.capacity_kw} kW" if sensor.capacity_kw else None)
        try:
            return conversion(unit, sensor.unit, resolution, capacity)
        except ValueError as error:
            raise SourceError("source.unit", unit, f"{error}, the unit of the sensor") from error

    def to_sensor(
        self,
        frame: pl.DataFrame,
        sensor: Sensor,
        unit: str,
        resolution: timedelta,
        statistic: Statistic | None = None,
    ) -> pl.DataFrame:
        """(event_start, value), maybe with belief_time, in the unit and the steps of the sensor.

        Raises SourceError where unit or steps do not fit.
        """
        factor, offset = self.factor(unit, resolution, sensor)
        values = frame.with_columns(pl.col("value") * factor + offset)
        if self.empty == "zero-at-night":
            values = zero_at_night(values, resolution, sensor)
        total = becomes_total(unit, sensor.unit)
        if total is not None:
            statistic = "total" if total else "average"
        return resample(values, resolution, sensor, statistic or self.values)
