"""Coupling: a converter, whose flows are in fixed proportion.

p power of a device [kW], consumption positive · κ its coefficient, of the same sign · α level of the converter
"""

from __future__ import annotations

from pyomo.environ import Block, NonNegativeReals, Var

from flex_pipeline.scheduling.model.family import Term, declare, node, numbers, objectives
from flex_pipeline.scheduling.parts.coupling import CouplingShape


def declare_coupling(b: Block, shape: CouplingShape) -> None:
    """One level for all members, each of which comes in at a node of its own."""
    steps = range(shape.steps)
    b.level = Var(steps, within=NonNegativeReals)
    b.members = range(len(shape.gives))
    for i in b.members:
        numbers(b, steps, f"coefficient_{i}")
        node(b, steps, f"power_{i}")
    declare(b, [(t, i) for t in steps for i in b.members], in_proportion)
    objectives(b)


def in_proportion(b: Block, t: int, i: int) -> Term:
    """p[i,t] = κ[i,t]·α[t]"""
    coefficient, power = b.component(f"coefficient_{i}"), b.component(f"power_{i}")
    return power[t] == coefficient[t] * b.level[t]
