"""Where the sun stands: what bounds PV, in quality checks and in forecasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# standard air; refraction bends the light of a low sun, and only the apparent elevation feels it
PRESSURE_PA, TEMPERATURE_C, REFRACTION_DEG = 101_325.0, 12.0, 0.5667
DELTA_T_S = 69.0  # terrestrial time minus UT in the 2020s


@dataclass(frozen=True)
class Sun:
    """Position of the sun's centre [°]: true elevation above the horizon, azimuth clockwise from north."""

    elevation_deg: Floats
    azimuth_deg: Floats


def sun(times: NDArray[np.datetime64], latitude: ArrayLike, longitude: ArrayLike) -> Sun:
    """The sun at UTC times, seen from one place [° north, ° east] for all or from one place each."""
    from pvlib import spa

    unix_s = times.astype("datetime64[us]").astype(np.int64) / 1e6
    north, east = (np.broadcast_to(np.asarray(angle, float), unix_s.shape) for angle in (latitude, longitude))
    position = spa.solar_position_numpy(
        unix_s, north, east, 0.0, PRESSURE_PA, TEMPERATURE_C, DELTA_T_S, REFRACTION_DEG, 1
    )
    return Sun(elevation_deg=np.asarray(position[3]), azimuth_deg=np.asarray(position[4]))
