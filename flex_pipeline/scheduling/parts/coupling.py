"""A converter as a part of the model: its shape and its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flex_pipeline.scheduling.parts.part import Part, Shape
from flex_pipeline.scheduling.problem import Coupling, Problem


@dataclass(frozen=True, kw_only=True)
class CouplingShape(Shape):
    """`gives`: of each device that it couples, whether it delivers; else it takes."""

    declared_by: ClassVar[str] = "flex_pipeline.scheduling.model.coupling:declare_coupling"
    gives: tuple[bool, ...]


def coupling_part(problem: Problem, coupling: Coupling) -> Part:
    """What holds the powers of its members in proportion; each sends its own to a node of its own."""
    members = coupled(coupling)
    given = {f"coefficient_{i}": coupling.coefficients[name] for i, name in enumerate(members)}
    gives = tuple(bool((values < 0).any()) for values in given.values())
    shape = CouplingShape(steps=problem.grid.n, hours=problem.grid.hours, gives=gives)
    return Part("coupling", coupling.name, shape, given)


def coupled(coupling: Coupling) -> list[str]:
    """Its members in an order of their own."""
    return sorted(coupling.coefficients)
