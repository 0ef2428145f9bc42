"""Minimum charging power: a device that charges with at least so much, or not at all.

c, d charge and discharge power [kW] · C, D their limits [kW] · C̲ least power while charging [kW]
ω 1 where it charges
"""

from __future__ import annotations

import numpy as np
from pyomo.environ import Binary, Block, Var

from flex_pipeline.scheduling.model.family import Expression, declare, numbers
from flex_pipeline.scheduling.problem import Storage


def declare_minimum_charging(b: Block, storage: Storage) -> None:
    """A binary wherever the device can charge and must not charge weakly."""
    minimum = storage.charge_minimum_kw
    if minimum is None:
        return
    steps = [int(t) for t in np.flatnonzero((minimum > 0) & (storage.charge_limit_kw > 0))]
    numbers(b, charge_minimum=minimum)
    b.charges = Var(steps, within=Binary)
    declare(b, steps, charge_at_least, charge_only_while_on, discharge_only_while_off)


def charge_at_least(b: Block, t: int) -> Expression:
    """c[t] ≥ C̲[t]·ω[t]"""
    return b.charge[t] >= b.charge_minimum[t] * b.charges[t]


def charge_only_while_on(b: Block, t: int) -> Expression:
    """c[t] ≤ C[t]·ω[t]"""
    return b.charge[t] <= b.charge_limit[t] * b.charges[t]


def discharge_only_while_off(b: Block, t: int) -> Expression:
    """d[t] ≤ D[t]·(1 − ω[t])"""
    return b.discharge[t] <= b.discharge_limit[t] * (1 - b.charges[t])
