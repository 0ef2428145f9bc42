"""Sun, clouds and temperature at a place: one weather for all that depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources.simulation.base import SimulatedSource, place
from flex_pipeline.sources.simulation.draw import generator, persistent, smooth
from flex_pipeline.sources.simulation.local_days import STEP, Array, LocalDays


@dataclass(frozen=True)
class Weather:
    """Per quarter-hour: the sun's place [degrees], global horizontal irradiance and outdoor temperature."""

    zenith: Array
    azimuth: Array
    irradiance_w_m2: Array
    temperature_c: Array


@lru_cache(maxsize=32)
def weather_at(days: LocalDays, latitude: float, longitude: float) -> Weather:
    """The weather at a place; places within about ten kilometres share their clouds."""
    import pandas as pd
    import pvlib

    region = f"weather/{latitude:.1f}/{longitude:.1f}"
    middle = pd.DatetimeIndex(days.starts) + STEP / 2
    sun = pvlib.solarposition.get_solarposition(middle, latitude, longitude)
    clear = pvlib.clearsky.haurwitz(sun["apparent_zenith"])["ghi"].to_numpy()
    irradiance = clear * days.each(lambda day, count: _transmission(region, day, count))
    return Weather(
        zenith=sun["apparent_zenith"].to_numpy(),
        azimuth=sun["azimuth"].to_numpy(),
        irradiance_w_m2=irradiance,
        temperature_c=_temperature(days, region, latitude),
    )


def _cloudiness(region: str, day: date) -> float:
    """Mean share of the sky that is covered, 0 to 1; more in winter."""
    season = 0.5 * np.cos(2 * np.pi * (day.timetuple().tm_yday - 1) / 365.25)
    return float(1 / (1 + np.exp(-(1.4 + season + 1.5 * persistent(f"{region}/clouds", day)))))


def _transmission(region: str, day: date, count: int) -> Array:
    """Share of clear-sky irradiance that gets through (Kasten and Czeplak 1980: 1 − 0.75 n^3.4)."""
    mean = _cloudiness(region, day)
    rng = generator(region, "sky", day)
    # slow fronts and quick cumulus: neither on a clear nor on an overcast day
    change = 0.6 * smooth(rng, count, 8) + 0.8 * smooth(rng, count, 1)
    covered = np.clip(mean + 1.4 * mean * (1 - mean) * change, 0, 1)
    return np.asarray(1 - 0.75 * covered**3.4)


def _temperature(days: LocalDays, region: str, latitude: float) -> Array:
    """Warmest in late July and at 15:00; clear days swing more, overcast ones less."""
    north = 1 if latitude >= 0 else -1
    mean = 27 - 0.32 * abs(latitude)
    season = -0.15 * latitude * np.cos(days.year_angle - 2 * np.pi * 25 / 365.25)
    drift = days.drifting(lambda day: 3.2 * persistent(f"{region}/air", day))
    summer = 1 - 0.4 * north * np.cos(days.year_angle)
    swing = days.drifting(lambda day: 1.5 + 4 * (1 - _cloudiness(region, day))) * summer
    return np.asarray(mean + season + drift + swing * np.cos(2 * np.pi * (days.hour - 15) / 24))


class Temperature(SimulatedSource):
    """Outdoor temperature at the sensor's place."""

    unit: ClassVar[str] = "degC"
    simulated: Literal["temperature"]

    def values(self, days: LocalDays, sensor: Sensor) -> Array:
        """The temperature of the air [°C]."""
        return weather_at(days, *place(sensor)).temperature_c


class Irradiance(SimulatedSource):
    """Global horizontal irradiance at the sensor's place."""

    unit: ClassVar[str] = "W/m^2"
    simulated: Literal["irradiance"]

    def values(self, days: LocalDays, sensor: Sensor) -> Array:
        """Irradiance [W/m²]."""
        return weather_at(days, *place(sensor)).irradiance_w_m2
