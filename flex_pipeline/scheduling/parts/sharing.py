"""Devices of one priority as a part of the model: what they have in store, or produce, is compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from flex_pipeline.scheduling.parts.part import Array, Link, Part, Shape, key
from flex_pipeline.scheduling.problem import Priority, Problem


@dataclass(frozen=True, kw_only=True)
class SharingShape(Shape):
    """`members`: how many are compared, each with each."""

    declared_by: ClassVar[str] = "flex_pipeline.scheduling.model.sharing:declare_sharing"
    members: int


@dataclass(frozen=True)
class Served:
    """What a device is served with: a stock that is filled, or production that is let through."""

    part: str  # key
    port: str
    variable: str
    empty: Array  # (T,) kWh or kW
    full: Array


def sharing_part(problem: Problem, priority: Priority) -> Part:
    """What makes devices of one priority alike."""
    served = list(served_of(problem, priority))
    shape = SharingShape(steps=problem.grid.n, hours=problem.grid.hours, members=len(served))
    given = {f"empty_{i}": one.empty for i, one in enumerate(served)}
    given |= {f"size_{i}": one.full - one.empty for i, one in enumerate(served)}
    return Part("sharing", str(priority.rank), shape, given)


def sharing_links(problem: Problem, part: str) -> Iterator[Link]:
    """From the part of a device or its stock to the sharing of its priority."""
    for priority in problem.priorities:
        for i, one in enumerate(served_of(problem, priority)):
            if one.part == part:
                yield Link(part, one.port, key("sharing", str(priority.rank)), f"amount_{i}")


def served_of(problem: Problem, priority: Priority) -> Iterator[Served]:
    """What the devices of a priority are served with; a stock without a size is never full, and left out."""
    stocks = {s.stock for s in problem.storages if s.name in priority.members and s.stock is not None}
    for stock in (problem.stocks[k] for k in sorted(stocks)):
        if np.isfinite(stock.ceiling_kwh).all():
            yield Served(key("stock", stock.name), "held", "soc", stock.floor_kwh, stock.ceiling_kwh)
    for storage in problem.storages:
        if storage.name in priority.members and storage.stock is None and storage.discharge_limit_kw.any():
            most = storage.discharge_limit_kw
            yield Served(key("storage", storage.name), "discharged", "discharge", 0 * most, most)
