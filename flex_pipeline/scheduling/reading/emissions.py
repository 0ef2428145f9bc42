"""CO2 as numbers: how much of it a kWh stands for, and what is asked of it."""

from __future__ import annotations

import numpy as np

from flex_pipeline.scheduling.problem import EmissionsAim, Intensity
from flex_pipeline.scheduling.reading.arrays import Fields
from flex_pipeline.scheduling.reading.prices import read_charge, read_price


def read_intensity(context: Fields) -> Intensity | None:
    """CO2 of a kWh at a connection, each way; None where nothing is said of it."""
    names = ("consumption-emissions", "production-emissions")
    if not any(name in context for name in names):
        return None
    zero = np.zeros(context.notes.grid.n)
    consumption, production = (
        read_price(context, name, "intensity") if name in context else zero for name in names
    )
    return Intensity(consumption, production)


def read_emissions_aim(context: Fields) -> EmissionsAim:
    """What CO2 costs and counts, and its budgets."""
    share = context.number("emissions-weight", 0.0)
    budgets = (
        context.number(name, 0.0) if name in context else None
        for name in ("emissions-budget", "emissions-budget-per-day")
    )
    price = read_charge(context, "emissions-price") if "emissions-price" in context else None
    return EmissionsAim(price, share / (1 - share), *budgets)
