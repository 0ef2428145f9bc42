"""Solar panels under the simulated sky."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources.simulation.base import PowerKw, SimulatedSource, place
from flex_pipeline.sources.simulation.local_days import Array, LocalDays
from flex_pipeline.sources.simulation.weather import weather_at


class Pv(SimulatedSource):
    """Power of a PV system, stated positive. Its chance is the weather's at the sensor's place."""

    unit: ClassVar[str] = "kW"
    simulated: Literal["pv"]
    peak: PowerKw
    tilt: float = Field(default=35, ge=0, le=90)  # degrees from horizontal
    azimuth: float = Field(default=180, ge=0, le=360)  # degrees, 180 is south

    def values(self, days: LocalDays, sensor: Sensor) -> Array:
        """AC power [kW]: 15 % system losses, −0.35 % per kelvin above 25 °C in the cell."""
        import pvlib

        weather = weather_at(days, *place(sensor))
        ghi = weather.irradiance_w_m2
        parts = pvlib.irradiance.erbs(ghi, weather.zenith, _day_of_year(days))
        tilted = pvlib.irradiance.get_total_irradiance(
            self.tilt, self.azimuth, weather.zenith, weather.azimuth, parts["dni"], ghi, parts["dhi"]
        )["poa_global"]
        cell_c = weather.temperature_c + 0.03 * tilted
        power_kw = 0.85 * self.peak * tilted / 1000 * (1 - 0.0035 * (cell_c - 25))
        return np.asarray(np.clip(np.nan_to_num(power_kw), 0, self.peak))


def _day_of_year(days: LocalDays) -> Array:
    return days.per_day(np.array([float(day.timetuple().tm_yday) for day in days.days]))
