"""Hot water and the heat pump that makes it."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources.simulation.base import EnergyKwh, SimulatedSource, place
from flex_pipeline.sources.simulation.load import profile_kw
from flex_pipeline.sources.simulation.local_days import Array, LocalDays
from flex_pipeline.sources.simulation.weather import weather_at


class HotWater(SimulatedSource):
    """Heat tapped as hot water in a building for work. Its chance is the sensor's own by default."""

    unit: ClassVar[str] = "kW"
    simulated: Literal["hot-water"]
    yearly: EnergyKwh

    def values(self, days: LocalDays, sensor: Sensor) -> Array:
        """Thermal power [kW]."""
        return profile_kw("hot-water", f"hot-water/{self.seed or sensor.name}", self.yearly / 8766, days)


class Cop(SimulatedSource):
    """Heat per electricity of an air-source heat pump for hot water, at the sensor's place."""

    unit: ClassVar[str] = "dimensionless"
    simulated: Literal["cop"]

    def values(self, days: LocalDays, sensor: Sensor) -> Array:
        """A straight line through 2.2 at −7 °C and 3.6 at 15 °C, between 1.8 and 5."""
        air_c = weather_at(days, *place(sensor)).temperature_c
        return np.clip(2.2 + (air_c + 7) * (3.6 - 2.2) / 22, 1.8, 5)
