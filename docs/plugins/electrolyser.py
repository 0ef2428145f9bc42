"""A type of device: it turns energy into hydrogen of a fixed worth, and has to use some of it every time."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from pyomo.environ import Block, NonNegativeReals, Var

from flex_pipeline.portfolio.fields import FieldSpec, Quantity
from flex_pipeline.scheduling.addition import Addition, PowerRange
from flex_pipeline.scheduling.limits import DEVICE, limit
from flex_pipeline.scheduling.model.family import declare, number, numbers, objectives, port
from flex_pipeline.scheduling.parts.part import Array, Part, Shape, key, one, to_the_site
from flex_pipeline.scheduling.plugins import Plugin, register
from flex_pipeline.scheduling.problem import Problem
from flex_pipeline.scheduling.reading.arrays import Fields

FIELDS = (
    FieldSpec(
        "power-capacity", Quantity("power", variable=True, minimum=0), "Its bound on power.", required=True
    ),
    FieldSpec("hydrogen-value", Quantity("energy price"), "What a kWh that it uses is worth.", required=True),
    FieldSpec("least-energy", Quantity("energy", minimum=0), "What it has to use.", "0 kWh"),
)


@dataclass(frozen=True, kw_only=True)
class ElectrolyserShape(Shape):
    declared_by: ClassVar[str] = f"{__name__}:declare_electrolyser"


def declare_electrolyser(b: Block, shape: ElectrolyserShape) -> None:
    steps = range(shape.steps)
    numbers(b, steps, "most_kw")
    number(b, "value", "least_kwh")
    b.use = Var(steps, within=NonNegativeReals)
    b.energy = sum(shape.hours * b.use[t] for t in steps)
    declare(b, steps, use_limit, elastic=shape.elastic)
    declare(b, [0], least_energy, elastic=shape.elastic)
    port(b, steps, power)
    objectives(b, money=-sum(shape.hours * b.value * b.use[t] for t in steps))


@limit("power-capacity", "kW", weight=DEVICE)
def use_limit(b: Block, t: int) -> Any:
    """p[t] ≤ power-capacity"""
    return b.use[t] <= b.most_kw[t]


@limit("least-energy", "kWh", upper=False)
def least_energy(b: Block, _: int) -> Any:
    """Σ h·p[t] ≥ least-energy"""
    return b.energy >= b.least_kwh


def power(b: Block, t: int) -> Any:
    """p[t]"""
    return b.use[t]


@dataclass(frozen=True, kw_only=True)
class Electrolyser(Addition):
    most_kw: Array
    value: float  # currency per kWh
    least_kwh: float

    @property
    def power(self) -> PowerRange:
        return PowerRange(low_kw=np.zeros_like(self.most_kw), high_kw=self.most_kw, baseline_kw=self.most_kw)

    def part(self, problem: Problem, *, elastic: bool) -> Part:
        shape = ElectrolyserShape(steps=problem.grid.n, hours=problem.grid.hours, elastic=elastic)
        given = {"most_kw": self.most_kw, "value": one(self.value), "least_kwh": one(self.least_kwh)}
        own = key("electrolyser", self.device)
        return Part("electrolyser", self.device, shape, given, (to_the_site(own),))


def read(model: Fields, device: str) -> Electrolyser:
    return Electrolyser(
        device=device,
        most_kw=model.array("power-capacity", fill=0.0),
        value=model.number("hydrogen-value", 0.0),
        least_kwh=model.number("least-energy", 0.0),
    )


register(Plugin("electrolyser", FIELDS, read))
