"""A process as a part of the model: its shape and its parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flex_pipeline.scheduling.parts.part import TO_THE_SITE, Part, Shape, one
from flex_pipeline.scheduling.problem import Problem, Process


@dataclass(frozen=True, kw_only=True)
class ProcessShape(Shape):
    """`length`: in steps. `breakable`: in parts, instead of in one go."""

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
    return Part("process", process.name, shape, given, (TO_THE_SITE,))
