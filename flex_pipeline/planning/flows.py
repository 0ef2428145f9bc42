"""What the flex-context of one commodity states of energy that is not planned, on a grid: prices, CO2, fixed flows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.timeseries.grid import Grid
from flex_pipeline.timeseries.variable_quantity import parse_variable_quantity

Array = NDArray[np.float64]
Direction = Literal["consumption", "production"]


def fixed_flow(connection: Mapping[str, Any], direction: Direction, grid: Grid) -> Array:
    """The sum of the fixed flows of one direction (T,), kW, not negative; NaN where one is not known."""
    flows = connection.get(f"inflexible-{direction}", [])
    return sum((parse_variable_quantity(flow, "power").on(grid) for flow in flows), np.zeros(grid.n))


def energy_price(connection: Mapping[str, Any], direction: Direction, grid: Grid) -> Array:
    """What energy costs in one direction (T,), currency per kWh; NaN where it is not known.

    Sold at the price at which it is bought, where no other is stated; free where none is.
    """
    for name in dict.fromkeys((direction, "consumption")):
        for spelt in (f"{name}-price", f"{name}-price-sensor"):
            if spelt in connection:
                return parse_variable_quantity(connection[spelt], "energy price").on(grid)
    return np.zeros(grid.n)


def emission_intensity(connection: Mapping[str, Any], direction: Direction, grid: Grid) -> Array:
    """CO2 of a kWh in one direction (T,), kg; NaN where it is not known, or nothing is said of CO2."""
    stated = {
        way: connection[name] for way in get_args(Direction) if (name := f"{way}-emissions") in connection
    }
    if direction in stated:
        return parse_variable_quantity(stated[direction], "emission intensity").on(grid)
    return np.full(grid.n, 0.0 if stated else np.nan)
