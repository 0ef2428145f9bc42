"""Small parts for tests of compiling and composing, declared as any other part is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from pyomo.environ import Block, NonNegativeReals, Var

from flex_pipeline.scheduling.limits import limit
from flex_pipeline.scheduling.model.family import declare, node, number, numbers, objectives, port
from flex_pipeline.scheduling.parts.part import Shape


@dataclass(frozen=True, kw_only=True)
class SourceShape(Shape):
    """Sends 2·rate·x + 1 by a port, with x ≤ most."""

    declared_by: ClassVar[str] = f"{__name__}:declare_source"


def declare_source(b: Block, shape: SourceShape) -> None:
    steps = range(shape.steps)
    numbers(b, steps, "rate", "most")
    b.x = Var(steps, within=NonNegativeReals)
    declare(b, steps, at_most, elastic=shape.elastic)
    port(b, steps, sent)
    objectives(b, money=sum(3 * b.x[t] for t in steps))


@limit("most", "kW")
def at_most(b: Block, t: int) -> Any:
    """x[t] ≤ most[t]"""
    return b.x[t] <= b.most[t]


def sent(b: Block, t: int) -> Any:
    """2·rate[t]·x[t] + 1"""
    return 2 * b.rate[t] * b.x[t] + 1


@dataclass(frozen=True, kw_only=True)
class SinkShape(Shape):
    """Needs what comes in, and y, to be at least `need`; y costs 10."""

    declared_by: ClassVar[str] = f"{__name__}:declare_sink"


def declare_sink(b: Block, shape: SinkShape) -> None:
    steps = range(shape.steps)
    numbers(b, steps, "need")
    b.y = Var(steps, within=NonNegativeReals)
    node(b, steps, "received")
    declare(b, steps, enough)
    objectives(b, money=sum(10 * b.y[t] for t in steps))


def enough(b: Block, t: int) -> Any:
    """4·received[t] + y[t] ≥ need[t]"""
    return 4 * b.received[t] + b.y[t] >= b.need[t]


@dataclass(frozen=True, kw_only=True)
class WrongShape(Shape):
    """Has one constraint, which a template cannot hold."""

    declared_by: ClassVar[str] = f"{__name__}:declare_wrong"

    wrong: str


def declare_wrong(b: Block, shape: WrongShape) -> None:
    number(b, "p", "q")
    b.x = Var([0], within=NonNegativeReals)
    node(b, [0], "received")
    declare(b, [0], WRONG[shape.wrong])
    objectives(b)


def product_of_parameters(b: Block, t: int) -> Any:
    """x ≤ p·q"""
    return b.x[t] <= b.p * b.q


def reciprocal_of_a_parameter(b: Block, t: int) -> Any:
    """x ≤ 1/p"""
    return b.x[t] <= 1 / b.p


def product_of_variables(b: Block, t: int) -> Any:
    """x² ≤ p"""
    return b.x[t] ** 2 <= b.p


def weighted_inflow(b: Block, t: int) -> Any:
    """p·received ≤ 1"""
    return b.p * b.received[t] <= 1


WRONG: dict[str, Callable[[Block, int], Any]] = {
    rule.__name__: rule
    for rule in (product_of_parameters, reciprocal_of_a_parameter, product_of_variables, weighted_inflow)
}
