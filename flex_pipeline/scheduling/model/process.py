"""Process: a device that runs for k steps at nominal power, in one go or in parts.

α 1 for the step it starts in · β 1 for a step it runs in · P nominal power [kW]
"""

from __future__ import annotations

from pyomo.environ import Binary, Block, Constraint, Var

from flex_pipeline.scheduling.model.family import Term, declare, number, numbers, objectives, port
from flex_pipeline.scheduling.parts.process import ProcessShape


def declare_process(b: Block, shape: ProcessShape) -> None:
    """A process that is yet to be placed."""
    steps = range(shape.steps)
    number(b, "nominal")
    numbers(b, steps, "may")
    b.length = shape.length
    if shape.breakable:
        b.runs = Var(steps, within=Binary)
        declare(b, steps, runs_only_where_allowed)
        b.runs_long_enough = Constraint(rule=runs_long_enough)
    else:
        b.start = Var(steps, within=Binary)
        declare(b, steps, starts_only_where_free)
        b.starts_once = Constraint(rule=starts_once)
    port(b, steps, power)
    objectives(b)


def starts_once(b: Block) -> Term:
    """Σ α[t] = 1"""
    return sum(b.start[t] for t in b.start) == 1


def starts_only_where_free(b: Block, t: int) -> Term:
    """α[t] = 0 where the run would meet a restriction or the end"""
    return b.start[t] <= b.may[t]


def runs_long_enough(b: Block) -> Term:
    """Σ β[t] = k"""
    return sum(b.runs[t] for t in b.runs) == b.length


def runs_only_where_allowed(b: Block, t: int) -> Term:
    """β[t] = 0 in a restriction"""
    return b.runs[t] <= b.may[t]


def power(b: Block, t: int) -> Term:
    """p[t] = P·β[t], or P·Σ α[t−k+1 … t]"""
    if b.component("runs") is not None:
        return b.nominal * b.runs[t]
    return b.nominal * sum(b.start[s] for s in range(max(0, t - b.length + 1), t + 1))
