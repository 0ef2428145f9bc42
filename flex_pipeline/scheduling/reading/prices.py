"""Prices and CO2 intensities at every step: what is unknown is filled by the policy of the flex-context or refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.reading.arrays import Fields
from flex_pipeline.timeseries.variable_quantity import Segments

Array = NDArray[np.float64]


def read_price(fields: Fields, name: str, what: str = "price") -> Array:
    """A price at every step (T,); a notice names the hours that were filled, a fault those that cannot be."""
    values = fields.array(name)
    gaps = np.isnan(values)
    if gaps.all():
        fields.fault(name, f"knows no {what} in the window")
        return values
    filled = _filled(values, fields.notes.fill_prices)
    unknown = np.isnan(filled)
    if unknown.any():
        fields.fault(name, f"knows no {what} {fields.notes.hours(unknown)}")
    elif gaps.any():
        fields.notice(name, f"unknown {fields.notes.hours(gaps)}: the nearest known {what} is held")
    return filled


def read_charge(fields: Fields, name: str) -> Array:
    """A price that segments may state for part of the time: what they leave out costs nothing."""
    if isinstance(fields.quantity(name), Segments):
        return fields.array(name, fill=0.0)
    return read_price(fields, name)


def _filled(values: Array, policy: str) -> Array:
    """`edges` and `hold` repeat the first and the last known value, `hold` those in between as well."""
    if policy == "none":
        return values
    known = ~np.isnan(values)
    steps = np.arange(values.size)
    first, last = steps[known][[0, -1]]
    before = np.maximum.accumulate(np.where(known, steps, first))
    held = values[before]
    return held if policy == "hold" else np.where((steps < first) | (steps > last), held, values)
