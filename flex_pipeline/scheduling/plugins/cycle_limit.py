"""Cycle limit: how often a day the energy of a full store may be taken out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from flex_pipeline.scheduling.addition import Addition
from flex_pipeline.scheduling.limits import limit
from flex_pipeline.scheduling.parts.part import Link, Part, Shape, key
from flex_pipeline.scheduling.problem import Problem
from flex_pipeline.scheduling.reading.arrays import Fields

if TYPE_CHECKING:
    from pyomo.environ import Block

FIELD = "maximum-cycles-per-day"


@dataclass(frozen=True, kw_only=True)
class CycleLimitShape(Shape):
    """`days`: the first step of each local day."""

    declared_by: ClassVar[str] = f"{__name__}:declare_cycle_limit"

    days: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class CycleLimit(Addition):
    """At most so many full cycles per local day of the stock of a device."""

    cycles: float

    def part(self, problem: Problem, *, elastic: bool) -> Part:
        """One constraint a day, on what all devices take out of the stock."""
        number = next(k for k, stock in enumerate(problem.stocks) if stock.name == self.device)
        stock = problem.stocks[number]
        size_kwh = float(stock.ceiling_kwh.max() - stock.floor_kwh.min())
        days = problem.days
        shape = CycleLimitShape(steps=problem.grid.n, hours=problem.grid.hours, elastic=elastic, days=days)
        own = key("cycle-limit", self.device)
        feeders = [storage.name for storage in problem.storages if storage.stock == number]
        links = tuple(Link(key("storage", name), "taken", own, "taken") for name in feeders)
        return Part(
            "cycle-limit", self.device, shape, {"most_kwh": np.full(len(days), self.cycles * size_kwh)}, links
        )


def read_cycle_limit(model: Fields, device: str) -> CycleLimit | None:
    """The field of a storage; its store must have a size."""
    if FIELD not in model:
        return None
    if "soc-max" not in model:
        model.fault(FIELD, "counts in full stores: give soc-max")
        return None
    return CycleLimit(device=device, cycles=model.number(FIELD, 0.0))


def declare_cycle_limit(b: Block, shape: CycleLimitShape) -> None:
    """What is taken out of the stock comes in at the node `taken`."""
    from flex_pipeline.scheduling.model.family import declare, node, numbers, objectives

    b.following = dict(zip(shape.days, (*shape.days[1:], shape.steps), strict=True))
    numbers(b, shape.days, "most_kwh")
    node(b, range(shape.steps), "taken")
    declare(b, shape.days, cycle_limit, elastic=shape.elastic)
    objectives(b)


@limit(FIELD, "kWh")
def cycle_limit(b: Block, day: int) -> Any:
    """Σ l[t]·d[t] ≤ maximum-cycles-per-day·(soc-max − soc-min), over the steps of a local day"""
    return sum(b.taken[t] for t in range(day, b.following[day])) <= b.most_kwh[day]
