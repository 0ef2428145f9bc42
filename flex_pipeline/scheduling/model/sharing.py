"""Sharing: devices of one priority are served alike, where that costs nothing.

q what a device has in store [kWh], or produces [kW] · E, S where that begins and how much it can be
f part of it that is filled, from 0 to 1 · δ by how much two of them differ
"""

from __future__ import annotations

from itertools import combinations

from pyomo.environ import Block, NonNegativeReals, Var

from flex_pipeline.scheduling.model.family import Term, declare, node, numbers, objectives
from flex_pipeline.scheduling.parts.sharing import SharingShape


def declare_sharing(b: Block, shape: SharingShape) -> None:
    """The mean difference between any two of them; what minimises it is no part of the cost."""
    steps, members = range(shape.steps), range(shape.members)
    for i in members:
        numbers(b, steps, f"empty_{i}", f"size_{i}")
        node(b, steps, f"amount_{i}")
    b.filled = Var(steps, members)
    declare(b, [(t, i) for t in steps for i in members], part_filled)
    pairs = [(t, i, j) for t in steps for i, j in combinations(members, 2)]
    b.apart = Var(pairs, within=NonNegativeReals)
    declare(b, pairs, apart_covers_lead, apart_covers_lag)
    objectives(b)


def part_filled(b: Block, t: int, i: int) -> Term:
    """q[i,t] = E[i,t] + S[i,t]·f[i,t]"""
    amount, empty, size = (b.component(f"{name}_{i}") for name in ("amount", "empty", "size"))
    return amount[t] == empty[t] + size[t] * b.filled[t, i]


def apart_covers_lead(b: Block, t: int, i: int, j: int) -> Term:
    """δ[i,j,t] ≥ f[i,t] − f[j,t]"""
    return b.apart[t, i, j] >= b.filled[t, i] - b.filled[t, j]


def apart_covers_lag(b: Block, t: int, i: int, j: int) -> Term:
    """δ[i,j,t] ≥ f[j,t] − f[i,t]"""
    return b.apart[t, i, j] >= b.filled[t, j] - b.filled[t, i]
