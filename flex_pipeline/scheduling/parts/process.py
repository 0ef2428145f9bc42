"""A process as a part of the model: its shape and its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from flex_pipeline.scheduling.parts.part import Part, Shape, key, one, to_the_site
from flex_pipeline.scheduling.problem import Problem, Process


@dataclass(frozen=True, kw_only=True)
class ProcessShape(Shape):
    """`length`: in steps. `breakable`: in parts, instead of in one go."""

    declared_by: ClassVar[str] = "flex_pipeline.scheduling.model.process:declare_process"
    length: int
    breakable: bool


def process_part(problem: Problem, process: Process) -> Part:
    """A process that is yet to be placed."""
    shape = ProcessShape(
        steps=problem.grid.n,
        hours=problem.grid.hours,
        length=process.steps,
        breakable=process.type == "BREAKABLE",
    )
    may = process.allowed.astype(float)
    if not shape.breakable:
        may = np.zeros(problem.grid.n)
        may[process.free_starts()] = 1.0
    given = {"nominal": one(process.power_kw), "may": may}
    return Part("process", process.name, shape, given, (to_the_site(key("process", process.name)),))
