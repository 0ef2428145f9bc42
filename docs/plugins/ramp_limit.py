"""A constraint: how much the power of a storage may change from one step to the next."""

from dataclasses import dataclass
from typing import Any, ClassVar

from pyomo.environ import Block

from flex_pipeline.portfolio.fields import FieldSpec, Quantity
from flex_pipeline.scheduling.addition import Addition
from flex_pipeline.scheduling.limits import limit
from flex_pipeline.scheduling.model.family import declare, node, number, objectives
from flex_pipeline.scheduling.parts.part import Link, Part, Shape, key, one
from flex_pipeline.scheduling.plugins import Plugin, register
from flex_pipeline.scheduling.problem import Problem
from flex_pipeline.scheduling.reading.arrays import Fields

FIELD = FieldSpec(
    "maximum-ramp", Quantity("power", minimum=0), "How much power may change from step to step."
)


# What decides which variables and constraints there are, and who declares them.
@dataclass(frozen=True, kw_only=True)
class RampShape(Shape):
    declared_by: ClassVar[str] = f"{__name__}:declare_ramp"


# The model. A node is where flows of other parts come in; every number that a problem may change is a Param.
def declare_ramp(b: Block, shape: RampShape) -> None:
    number(b, "most")
    node(b, range(shape.steps), "charged")
    node(b, range(shape.steps), "discharged")
    declare(b, range(1, shape.steps), ramp_up, ramp_down, elastic=shape.elastic)
    objectives(b)


@limit("maximum-ramp", "kW")
def ramp_up(b: Block, t: int) -> Any:
    """p[t] − p[t−1] ≤ maximum-ramp"""
    return power(b, t) - power(b, t - 1) <= b.most


@limit("maximum-ramp", "kW")
def ramp_down(b: Block, t: int) -> Any:
    """p[t−1] − p[t] ≤ maximum-ramp"""
    return power(b, t - 1) - power(b, t) <= b.most


def power(b: Block, t: int) -> Any:
    return b.charged[t] - b.discharged[t]


# From a flex-model to numbers.
@dataclass(frozen=True, kw_only=True)
class RampLimit(Addition):
    most_kw: float

    def part(self, problem: Problem, *, elastic: bool) -> Part:
        shape = RampShape(steps=problem.grid.n, hours=problem.grid.hours, elastic=elastic)
        storage, own = key("storage", self.device), key("ramp-limit", self.device)
        links = tuple(Link(storage, flow, own, flow) for flow in ("charged", "discharged"))
        return Part("ramp-limit", self.device, shape, {"most": one(self.most_kw)}, links)


def read(model: Fields, device: str) -> RampLimit | None:
    if FIELD.name not in model:
        return None
    return RampLimit(device=device, most_kw=model.number(FIELD.name, 0.0))


register(Plugin("storage", (FIELD,), read))
