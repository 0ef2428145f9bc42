"""Process: a device that runs for k steps at nominal power, in one go or in parts.

α 1 for the step it starts in · β 1 for a step it runs in · P nominal power [kW]
"""

from __future__ import annotations

import numpy as np
from pyomo.environ import Binary, Block, Constraint, Var

from flex_pipeline.scheduling.model.family import Expression
from flex_pipeline.scheduling.problem import Process


def declare_process(b: Block, process: Process) -> None:
    """Variables and constraints of a process that is yet to be placed."""
    b.nominal, b.length = process.power_kw, process.steps
    if process.type == "BREAKABLE":
        b.runs = Var([int(t) for t in np.flatnonzero(process.allowed)], within=Binary)
        b.runs_long_enough = Constraint(rule=runs_long_enough)
    else:
        b.start = Var([int(t) for t in process.free_starts()], within=Binary)
        b.starts_once = Constraint(rule=starts_once)


def starts_once(b: Block) -> Expression:
    """Σ α[t] = 1"""
    return sum(b.start[t] for t in b.start) == 1


def runs_long_enough(b: Block) -> Expression:
    """Σ β[t] = k"""
    return sum(b.runs[t] for t in b.runs) == b.length


def power(b: Block, t: int) -> Expression:
    """p[t] = P·β[t], or P·Σ α[t−k+1 … t]"""
    if b.component("runs") is not None:
        return b.nominal * b.runs[t] if t in b.runs else 0.0
    return b.nominal * sum(b.start[s] for s in range(t - b.length + 1, t + 1) if s in b.start)
