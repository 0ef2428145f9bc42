"""CO2 budgets as a part of the model: its shape and its parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from flex_pipeline.scheduling.parts.part import Link, Part, Shape, key, one
from flex_pipeline.scheduling.problem import Problem, Site

EMISSIONS = key("emissions", "site")


@dataclass(frozen=True, kw_only=True)
class EmissionsShape(Shape):
    """`whole`: with a budget of the horizon; `days`: the first step of each day that has one."""

    declared_by: ClassVar[str] = "flex_pipeline.scheduling.model.emissions:declare_emissions"
    whole: bool
    days: tuple[int, ...] = ()


def emissions_part(problem: Problem, *, elastic: bool) -> Part:
    """Where what all connections emit adds up."""
    aim = problem.emissions
    given, days = {}, problem.days if aim.daily_budget_kg is not None else ()
    if aim.budget_kg is not None:
        given["most_kg"] = one(aim.budget_kg)
    if aim.daily_budget_kg is not None:
        given["most_kg_a_day"] = np.full(len(days), aim.daily_budget_kg)
    shape = EmissionsShape(
        steps=problem.grid.n,
        hours=problem.grid.hours,
        elastic=elastic,
        whole=aim.budget_kg is not None,
        days=days,
    )
    return Part("emissions", "site", shape, given)


def emissions_links(problem: Problem, site: Site, part: str) -> Iterator[Link]:
    """From the part of a connection whose emissions are counted."""
    if problem.emissions.has_budget and site.intensity is not None:
        yield Link(part, "emitted", EMISSIONS, "emitted")
