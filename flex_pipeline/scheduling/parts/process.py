"""A process as a part of the model: its shape and its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flex_pipeline.scheduling.parts.part import Link, Part, Shape, key, one, to_the_site
from flex_pipeline.scheduling.problem import Problem
from flex_pipeline.scheduling.process import Process


@dataclass(frozen=True, kw_only=True)
class ProcessShape(Shape):
    """`length`: of a run, in steps. `leads`: others wait for it. `follows`: it waits for others."""

    declared_by: ClassVar[str] = "flex_pipeline.scheduling.model.process:declare_process"
    length: int
    leads: bool = False
    follows: bool = False


@dataclass(frozen=True, kw_only=True)
class WholeShape(ProcessShape):
    """Runs in one go; `pause`: steps between them, at least."""

    runs: int
    pause: int


@dataclass(frozen=True, kw_only=True)
class BlocksShape(ProcessShape):
    """Runs in blocks; without limits on them, `block` is None."""

    block: tuple[int, int] | None = None  # steps of one, and between two, at least
    counted: bool = False


@dataclass(frozen=True, kw_only=True)
class PrecedenceShape(Shape):
    """One process waits for another."""

    declared_by: ClassVar[str] = "flex_pipeline.scheduling.model.process:declare_precedence"


def process_part(problem: Problem, process: Process) -> Part:
    """A process that is yet to be placed."""
    shape = _shape(problem, process)
    given = {"profile": process.profile_kw[:1] if process.breakable else process.profile_kw}
    begins = process.may_begin().astype(float)
    if isinstance(shape, BlocksShape):
        given["may"] = process.allowed.astype(float)
        if shape.block:
            given["may_begin"] = begins
        if shape.counted:
            given |= {"fewest": one(process.counts[0]), "most": one(process.counts[1])}
    else:
        given["may"] = begins
    return Part("process", process.name, shape, given, (to_the_site(key("process", process.name)),))


def precedence_parts(problem: Problem) -> list[Part]:
    """One for each process and each other that it waits for."""
    shape = PrecedenceShape(steps=problem.grid.n, hours=problem.grid.hours)
    found = []
    for process in problem.processes:
        for name in process.after:
            own = key("precedence", f"{name} before {process.name}")
            links = (
                Link(key("process", name), "done", own, "done"),
                Link(key("process", process.name), "begun", own, "begun"),
            )
            found.append(Part("precedence", f"{name} before {process.name}", shape, {}, links))
    return found


def _shape(problem: Problem, process: Process) -> ProcessShape:
    leads = any(process.name in other.after for other in problem.processes)
    follows, steps, hours = bool(process.after), problem.grid.n, problem.grid.hours
    if not process.breakable:
        return WholeShape(
            steps=steps,
            hours=hours,
            length=process.steps,
            leads=leads,
            follows=follows,
            runs=process.runs,
            pause=process.gap,
        )
    return BlocksShape(
        steps=steps,
        hours=hours,
        length=process.steps,
        leads=leads,
        follows=follows,
        block=(process.block_steps, process.gap) if process.limits_blocks else None,
        counted=process.blocks is not None,
    )
