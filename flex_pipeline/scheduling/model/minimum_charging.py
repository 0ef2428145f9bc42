"""Minimum charging power: a device that charges with at least so much, or not at all.

c, d charge and discharge power [kW] · C, D their limits [kW] · C̲ least power while charging [kW]
ω 1 where it charges
"""

from __future__ import annotations

from collections.abc import Iterable

from pyomo.environ import Binary, Block, Var

from flex_pipeline.scheduling.model.family import Term, declare, numbers


def declare_minimum_charging(b: Block, steps: Iterable[int]) -> None:
    """A binary at each step; where the minimum is 0 it changes nothing."""
    numbers(b, steps, "charge_minimum")
    b.charges = Var(steps, within=Binary)
    declare(b, steps, charge_at_least, charge_only_while_on, discharge_only_while_off)


def charge_at_least(b: Block, t: int) -> Term:
    """c[t] ≥ C̲[t]·ω[t]"""
    return b.charge[t] >= b.charge_minimum[t] * b.charges[t]


def charge_only_while_on(b: Block, t: int) -> Term:
    """c[t] ≤ C[t]·ω[t]"""
    return b.charge[t] <= b.charge_kw[t] * b.charges[t]


def discharge_only_while_off(b: Block, t: int) -> Term:
    """d[t] ≤ D[t]·(1 − ω[t])"""
    return b.discharge[t] <= b.discharge_kw[t] * (1 - b.charges[t])
