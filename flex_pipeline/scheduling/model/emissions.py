"""Emissions: CO2 of the energy that comes in at all connections, less what is credited for energy that goes out.

e kg emitted in a step, h·(k·n⁺ − q·n⁻) of each connection · k, q CO2 of a kWh that comes in, and goes out [kg]
"""

from __future__ import annotations

from pyomo.environ import Block

from flex_pipeline.scheduling.limits import limit
from flex_pipeline.scheduling.model.family import Term, declare, node, number, numbers, objectives
from flex_pipeline.scheduling.parts.emissions import EmissionsShape


def declare_emissions(b: Block, shape: EmissionsShape) -> None:
    """What all connections emit comes in at the node `emitted`."""
    node(b, range(shape.steps), "emitted")
    if shape.whole:
        number(b, "most_kg")
        declare(b, [0], emissions_budget, elastic=shape.elastic)
    if shape.days:
        b.following = dict(zip(shape.days, (*shape.days[1:], shape.steps), strict=True))
        numbers(b, shape.days, "most_kg_a_day")
        declare(b, shape.days, emissions_budget_per_day, elastic=shape.elastic)
    objectives(b)


@limit("emissions-budget", "kg")
def emissions_budget(b: Block, _: int) -> Term:
    """Σ e[t] ≤ emissions-budget"""
    return sum(b.emitted[t] for t in b.emitted) <= b.most_kg


@limit("emissions-budget-per-day", "kg")
def emissions_budget_per_day(b: Block, day: int) -> Term:
    """Σ e[t] ≤ emissions-budget-per-day, over the steps of a local day"""
    return sum(b.emitted[t] for t in range(day, b.following[day])) <= b.most_kg_a_day[day]
