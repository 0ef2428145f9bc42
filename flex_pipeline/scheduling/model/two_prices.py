"""A flow with one price above its baseline and another below: net energy, and commitments.

n net power [kW] · B baseline [kW] · low, high range of n − B · u, w price above and below the baseline [per kWh]
f⁺, f⁻ positive and negative part of n − B · τ 1 where it is negative
"""

from __future__ import annotations

from typing import Any

from pyomo.environ import Block, NonNegativeReals, Var

from flex_pipeline.scheduling.model.family import Term, declare, numbers
from flex_pipeline.scheduling.parts.metering import TwoPrices
from flex_pipeline.scheduling.parts.part import Shape


def declare_two_prices(b: Block, net: Any, flow: TwoPrices, shape: Shape) -> list[Term]:
    """h·(u·f⁺ − w·f⁻) of each step, as a slope, a kink where u > w, and a rebate where u < w.

    Only a binary keeps f⁻ from being paid for where the flow is not negative: τ is one at the steps that need it, and
    relaxed elsewhere.
    """
    steps = range(shape.steps)
    b.net = {t: net[t] for t in steps}
    numbers(b, steps, "slope", "at_zero")
    cost: list[Term] = [b.slope[t] * net[t] + b.at_zero[t] for t in steps]
    if flow.convex or flow.concave:
        numbers(b, steps, "baseline")
    if flow.convex:
        numbers(b, steps, "kink")
        b.above = Var(steps, within=NonNegativeReals)
        declare(b, steps, above_covers_flow)
        cost = [cost[t] + b.kink[t] * b.above[t] for t in steps]
    if flow.concave:
        numbers(b, steps, "rebate", "low", "high")
        b.below = Var(steps, within=NonNegativeReals)
        b.negative = Var(steps, bounds=(0, 1))
        declare(b, steps, below_only_while_negative, below_within_flow)
        cost = [cost[t] - b.rebate[t] * b.below[t] for t in steps]
    return [shape.hours * cost[t] for t in steps]


def above_covers_flow(b: Block, t: int) -> Term:
    """f⁺[t] ≥ n[t] − B[t]"""
    return b.above[t] >= b.net[t] - b.baseline[t]


def below_only_while_negative(b: Block, t: int) -> Term:
    """f⁻[t] ≤ −low[t]·τ[t]"""
    return b.below[t] <= -b.low[t] * b.negative[t]


def below_within_flow(b: Block, t: int) -> Term:
    """f⁻[t] ≤ B[t] − n[t] + high[t]·(1 − τ[t])"""
    return b.below[t] <= b.baseline[t] - b.net[t] + b.high[t] * (1 - b.negative[t])
