"""Soft bounds: what exceeds them is paid for.

x what is bounded · L its bound · v breach ≥ 0 · v̂ highest breach at the same price, y the stretch of time it holds for
h step [h] · w price
"""

from __future__ import annotations

from bisect import bisect
from typing import Any

from pyomo.environ import Block, NonNegativeReals, Var

from flex_pipeline.scheduling.model.family import Term, declare, numbers
from flex_pipeline.scheduling.parts.part import Shape, Stretches


def declare_breach(b: Block, flow: Any, sign: int, stretches: Stretches, shape: Shape) -> Term:
    """Σ w·v̂ + Σ h·w[t]·v[t] for what exceeds the bound; `sign` is −1 for a lower bound, stated negatively."""
    cost = declare_peak(b, flow, sign, stretches, shape)
    steps = range(shape.steps)
    numbers(b, steps, "price")
    b.breach = Var(steps, within=NonNegativeReals)
    declare(b, steps, breach_covers_excess)
    return cost + sum(shape.hours * b.price[t] * b.breach[t] for t in steps)


def declare_peak(b: Block, flow: Any, sign: int, stretches: Stretches, shape: Shape) -> Term:
    """Σ w·v̂ for what exceeds the bound."""
    steps = range(shape.steps)
    b.bounded = {t: sign * flow[t] for t in steps}
    b.stretch = {t: bisect(stretches, t) - 1 for t in steps}
    numbers(b, steps, "limit")
    numbers(b, range(len(stretches)), "highest_price")
    b.highest = Var(range(len(stretches)), within=NonNegativeReals)
    declare(b, steps, highest_covers_excess)
    return sum(b.highest_price[y] * b.highest[y] for y in range(len(stretches)))


def breach_covers_excess(b: Block, t: int) -> Term:
    """v[t] ≥ x[t] − L[t]"""
    return b.bounded[t] - b.breach[t] <= b.limit[t]


def highest_covers_excess(b: Block, t: int) -> Term:
    """v̂[y] ≥ x[t] − L[t]"""
    return b.bounded[t] - b.highest[b.stretch[t]] <= b.limit[t]
