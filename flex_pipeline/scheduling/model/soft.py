"""Soft bounds: what exceeds them is paid for.

x excess over the bound, negative where it is kept · v breach ≥ 0 · v̂ highest breach at the same price
h step [h] · w price
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pyomo.environ import Block, NonNegativeReals, Var

from flex_pipeline.scheduling.model.family import Expression, declare
from flex_pipeline.scheduling.problem import runs


def declare_breach(
    b: Block, excess: Mapping[int, Expression], price: np.ndarray[Any, Any], hours: float
) -> Expression:
    """Σ w·v̂ + Σ h·w[t]·v[t] for the excess at the steps given."""
    cost = declare_peak(b, excess, price)
    b.breach = Var(list(excess), within=NonNegativeReals)
    declare(b, list(excess), breach_covers_excess)
    return cost + sum(hours * float(price[t]) * b.breach[t] for t in excess)


def declare_peak(b: Block, excess: Mapping[int, Expression], price: np.ndarray[Any, Any]) -> Expression:
    """Σ w·v̂ for the excess at the steps given."""
    b.excess, b.stretch = excess, runs(price).tolist()
    price_of = {b.stretch[t]: float(price[t]) for t in excess}
    b.highest = Var(list(price_of), within=NonNegativeReals)
    declare(b, list(excess), highest_covers_excess)
    return sum(w * b.highest[stretch] for stretch, w in price_of.items())


def breach_covers_excess(b: Block, t: int) -> Expression:
    """v[t] ≥ x[t]"""
    return b.breach[t] >= b.excess[t]


def highest_covers_excess(b: Block, t: int) -> Expression:
    """v̂ ≥ x[t]"""
    return b.highest[b.stretch[t]] >= b.excess[t]
