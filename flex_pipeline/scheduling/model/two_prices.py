"""A flow with one price above zero and another below: net energy, and commitments.

f flow [kW], between low and high · u, w price above and below zero [per kWh]
f⁺, f⁻ its positive and negative part · τ 1 where the flow is negative
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from pyomo.environ import Binary, Block, NonNegativeReals, Var

from flex_pipeline.scheduling.model.family import Expression, declare


@dataclass(frozen=True)
class Priced:
    """A flow, its range and the price on each side of zero."""

    flow: Expression
    low: float
    high: float
    up: float
    down: float

    @property
    def kinked(self) -> bool:
        """Whether both sides of zero are in reach and differ in price."""
        return self.low < 0 < self.high and self.up != self.down

    @property
    def concave(self) -> bool:
        """Whether the side below zero is the dearer one: only a binary keeps both parts apart."""
        return self.kinked and self.up < self.down


def declare_two_prices(
    b: Block, flows: Mapping[int, Priced], hours: float, binding: Container[tuple[str, int]]
) -> Expression:
    """Σ h·(u·f⁺ − w·f⁻), with a binary at (block name, step) in `binding` and its relaxation elsewhere."""
    b.flows = flows
    convex = [t for t, p in flows.items() if p.kinked and not p.concave]
    concave = [t for t, p in flows.items() if p.concave]
    b.above = Var(convex, within=NonNegativeReals)
    b.below = Var(concave, within=NonNegativeReals)
    b.negative = Var(concave, bounds=(0, 1))
    for t in concave:
        if (b.local_name, t) in binding:
            b.negative[t].domain = Binary
    declare(b, convex, above_covers_flow)
    declare(b, concave, below_only_while_negative, below_within_flow)
    return hours * sum(_cost(b, t) for t in flows)


def above_covers_flow(b: Block, t: int) -> Expression:
    """f⁺[t] ≥ f[t]"""
    return b.above[t] >= b.flows[t].flow


def below_only_while_negative(b: Block, t: int) -> Expression:
    """f⁻[t] ≤ −low[t]·τ[t]"""
    return b.below[t] <= -b.flows[t].low * b.negative[t]


def below_within_flow(b: Block, t: int) -> Expression:
    """f⁻[t] ≤ −f[t] + high[t]·(1 − τ[t])"""
    return b.below[t] <= -b.flows[t].flow + b.flows[t].high * (1 - b.negative[t])


def _cost(b: Block, t: int) -> Expression:
    """Convex: w·f + (u − w)·f⁺. Concave: u·f − (w − u)·f⁻. Otherwise the price of the side in reach."""
    p = b.flows[t]
    if p.concave:
        return p.up * p.flow - (p.down - p.up) * b.below[t]
    if p.kinked:
        return p.down * p.flow + (p.up - p.down) * b.above[t]
    return (p.up if p.high > 0 else p.down) * p.flow
