"""What physics allows: no forecast leaves it."""

from __future__ import annotations

import numpy as np

from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.solar import Ceiling, Sky
from flex_pipeline.portfolio.sensor import Kind, Sensor
from flex_pipeline.timeseries.units import unit_inside

NEVER_NEGATIVE: frozenset[Kind] = frozenset(
    {"emissions", "load", "pv", "irradiance", "heat", "efficiency", "availability", "usage", "soc-minima"}
)
WITHIN_CAPACITY: frozenset[Kind] = frozenset({"load", "pv", "heat", "availability", "usage"})


def bounded(quantiles: Floats, sensor: Sensor, sky: Sky | None, ceiling: Ceiling | None) -> Floats:
    """Quantiles (n, any number) in order and within what the sensor can measure; NaN stays."""
    low = 0.0 if sensor.kind in NEVER_NEGATIVE else -np.inf
    high = np.full(len(quantiles), np.inf)
    if sensor.capacity_kw is not None and sensor.kind in WITHIN_CAPACITY:
        high = np.minimum(high, sensor.capacity_kw / unit_inside(sensor.unit, "power").value)
    if sky is not None:
        if ceiling is not None:
            high = np.minimum(high, ceiling.over(sky))
        high = np.where(sky.dark, 0.0, high)
    return np.asarray(np.clip(np.sort(quantiles, axis=1), low, high[:, None]))
