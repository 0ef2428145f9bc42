"""The cloudless sky: a feature of PV forecasts, and their limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.forecasting.history import Floats, History
from flex_pipeline.forecasting.wall_clock import MICROSECOND, Instants
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.timeseries.sun import sun

# the panels' own tilt is not known: a common one, facing the equator
TILT_DEG = 30.0
SET_BELOW_DEG = -0.833  # half the sun's disc and refraction: sunrise and sunset by convention
ENOUGH_LIGHT_W_M2 = 50.0  # ratios to less light than this are noise
DAYS_TO_LEARN_CEILING = 28.0  # a few days can all be cloudy
HIGHEST_SHARE, CEILING_SLACK = 0.999, 0.02


@dataclass(frozen=True)
class Sky:
    """Per step (n,): where the sun is in the middle, irradiance of a tilted plane, sun down throughout."""

    elevation_deg: Floats
    azimuth_deg: Floats
    irradiance_w_m2: Floats
    dark: NDArray[np.bool_]


def clear_sky(starts: Instants, resolution: timedelta, latitude: float, longitude: float) -> Sky:
    """The sky without clouds over a place at steps that start at UTC times."""
    from pvlib import clearsky, irradiance

    step = np.timedelta64(resolution // MICROSECOND, "us")
    first, middle, last = (sun(starts + part, latitude, longitude) for part in (0 * step, step // 2, step))
    light = clearsky.simplified_solis(np.maximum(middle.elevation_deg, 0.0))
    equator_deg = 180.0 if latitude >= 0 else 0.0
    zenith_deg = 90.0 - middle.elevation_deg
    direct = np.maximum(irradiance.aoi_projection(TILT_DEG, equator_deg, zenith_deg, middle.azimuth_deg), 0.0)
    diffuse = (1.0 + np.cos(np.radians(TILT_DEG))) / 2.0
    plane = np.where(middle.elevation_deg > 0, direct * light["dni"] + diffuse * light["dhi"], 0.0)
    highest = np.max([at.elevation_deg for at in (first, middle, last)], axis=0)
    return Sky(middle.elevation_deg, middle.azimuth_deg, np.nan_to_num(plane), highest < SET_BELOW_DEG)


def sky_over(sensor: Sensor, starts: Instants) -> Sky | None:
    """The sky over the panels of a PV sensor, None for other kinds."""
    if sensor.kind != "pv" or sensor.latitude is None or sensor.longitude is None:
        return None
    return clear_sky(starts, sensor.resolution, sensor.latitude, sensor.longitude)


@dataclass(frozen=True)
class Ceiling:
    """The most that panels give: a share of clear-sky irradiance [unit of the sensor per W/m²], and slack."""

    share: float
    slack: float

    def over(self, sky: Sky) -> Floats:
        """The limit of each step, in the unit of the sensor."""
        return self.share * sky.irradiance_w_m2 + self.slack


def learn_ceiling(history: History, sensor: Sensor) -> Ceiling | None:
    """The ceiling of a PV sensor, None for other kinds and while there is too little history."""
    if history.days < DAYS_TO_LEARN_CEILING:
        return None
    sky = sky_over(sensor, history.clock.starts(history.measured))
    if sky is None:
        return None
    bright = sky.irradiance_w_m2 > ENOUGH_LIGHT_W_M2
    values = history.at(history.measured)[bright]
    if not len(values):
        return None
    share = float(np.quantile(values / sky.irradiance_w_m2[bright], HIGHEST_SHARE))
    return Ceiling(share, CEILING_SLACK * float(values.max()))
