"""Storage: a device that charges, discharges, or both.

Power is constant within a step.
c, d charge and discharge power [kW] · C, D their limits [kW]
σ 1 where it may charge, 0 where it may discharge · μ 1 for the mode in use
"""

from __future__ import annotations

from collections.abc import Container

from pyomo.environ import Binary, Block, Var

from flex_pipeline.scheduling.model.family import Expression, declare, numbers, stated
from flex_pipeline.scheduling.model.minimum_charging import declare_minimum_charging
from flex_pipeline.scheduling.model.soft import declare_breach
from flex_pipeline.scheduling.problem import Storage


def declare_storage(
    b: Block, storage: Storage, hours: float, binding: Container[tuple[str, int]]
) -> Expression:
    """Variables and constraints of one device; returns its cost.

    `binding` holds (name, step) wherever charging and discharging at once must be ruled out by a binary.
    """
    steps = range(storage.charge_limit_kw.size)
    numbers(b, charge_limit=storage.charge_limit_kw, discharge_limit=storage.discharge_limit_kw)
    b.charge = Var(steps, bounds=lambda b, t: (0, b.charge_limit[t]))
    b.discharge = Var(steps, bounds=lambda b, t: (0, b.discharge_limit[t]))
    directed = [t for t in steps if (storage.name, t) in binding]
    b.charging = Var(directed, within=Binary)
    declare(b, directed, charge_only_while_charging, discharge_only_otherwise)
    if storage.modes_kw:
        b.modes = storage.modes_kw
        b.mode = Var(steps, range(len(b.modes)), within=Binary)
        declare(b, steps, one_mode_at_a_time, mode_floor, mode_ceiling)
    declare_minimum_charging(b, storage)
    wear = storage.wear_price.tolist()
    cost = sum(hours * wear[t] * (b.charge[t] + b.discharge[t]) for t in steps if wear[t])
    return cost + _soft_capacities(b, storage, hours)


def power(b: Block, t: int) -> Expression:
    """p[t] = c[t] − d[t]"""
    return b.charge[t] - b.discharge[t]


def charge_only_while_charging(b: Block, t: int) -> Expression:
    """c[t] ≤ C[t]·σ[t]"""
    return b.charge[t] <= b.charge_limit[t] * b.charging[t]


def discharge_only_otherwise(b: Block, t: int) -> Expression:
    """d[t] ≤ D[t]·(1 − σ[t])"""
    return b.discharge[t] <= b.discharge_limit[t] * (1 - b.charging[t])


def one_mode_at_a_time(b: Block, t: int) -> Expression:
    """Σ μ[t] = 1"""
    return sum(b.mode[t, k] for k in range(len(b.modes))) == 1


def mode_floor(b: Block, t: int) -> Expression:
    """p[t] ≥ Σ low·μ[t]"""
    return power(b, t) >= sum(low * b.mode[t, k] for k, (low, _) in enumerate(b.modes))


def mode_ceiling(b: Block, t: int) -> Expression:
    """p[t] ≤ Σ high·μ[t]"""
    return power(b, t) <= sum(high * b.mode[t, k] for k, (_, high) in enumerate(b.modes))


def _soft_capacities(b: Block, storage: Storage, hours: float) -> Expression:
    cost: Expression = 0.0
    for name, flow, soft in (
        ("consumption_capacity", b.charge, storage.charge_soft),
        ("production_capacity", b.discharge, storage.discharge_soft),
    ):
        if soft is not None:
            block = Block()
            b.add_component(name, block)
            limit = soft.limit.tolist()
            over = {t: flow[t] - limit[t] for t in stated(soft.limit)}
            cost += declare_breach(block, over, soft.price, hours)
    return cost
