"""What all simulated series have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.reading import Reading, Window
from flex_pipeline.sources.resampling import resample
from flex_pipeline.sources.simulation.local_days import STEP, Array, LocalDays, local_days
from flex_pipeline.sources.units import conversion, magnitude


def _not_negative(value: float) -> float:
    if value < 0:
        raise ValueError("must not be negative")
    return value


def _in(unit: str) -> BeforeValidator:
    def number(value: Any) -> Any:
        return magnitude(value, unit) if isinstance(value, str) else value

    return BeforeValidator(number, json_schema_input_type=float | str)


PowerKw = Annotated[float, _in("kW"), AfterValidator(_not_negative)]
EnergyKwh = Annotated[float, _in("kWh"), AfterValidator(_not_negative)]
PriceEurPerMwh = Annotated[float, _in("EUR/MWh")]


class SimulatedSource(BaseModel, ABC):
    """A series that is the same for a day whoever asks, with whatever window, on every machine.

    Series with the same `seed` share their chance; what it is by default each series says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    unit: ClassVar[str]

    simulated: str
    seed: str | int | None = None

    @abstractmethod
    def values(self, days: LocalDays, sensor: Sensor) -> Array:
        """One value per quarter-hour of the days, in `unit`; NaN where there is none."""

    def name(self) -> str:
        """Every simulation is one source: the simulator."""
        return "simulated"

    def read(self, sensor: Sensor, window: Window, base: Path) -> Reading:
        """The values of the local days that the window touches. Raises SourceError."""
        try:
            factor, offset = conversion(self.unit, sensor.unit)
        except ValueError as error:
            message = f'is not a unit for {self.simulated}, which is simulated in "{self.unit}"'
            raise SourceError("unit", sensor.unit, message) from error
        zone = ZoneInfo(sensor.timezone)
        last = max(window.start, window.end - timedelta(microseconds=1))
        days = local_days(sensor.timezone, window.start.astimezone(zone).date(), last.astimezone(zone).date())
        # machines differ in the last digits of a cosine
        values = np.round(self.values(days, sensor), 6) * factor + offset
        times = pl.Series(days.starts, dtype=pl.Datetime("us", "UTC"))
        frame = pl.DataFrame({"event_start": times, "value": values}).with_columns(
            pl.col("value").fill_nan(None)
        )
        return Reading(resample(frame, STEP, sensor))


def place(sensor: Sensor) -> tuple[float, float]:
    """Latitude and longitude of the sensor [degrees]. Raises SourceError."""
    if sensor.latitude is None or sensor.longitude is None:
        raise SourceError(
            "location", "nothing", "is given, but weather is simulated for a latitude and a longitude"
        )
    return sensor.latitude, sensor.longitude
