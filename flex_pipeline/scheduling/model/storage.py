"""Storage: a device that charges, discharges, or both.

Power is constant within a step.
c, d charge and discharge power [kW] · C, D their limits [kW] · g·c what charging adds to a stock, l·d what discharging
takes [kWh]
σ 1 where it may charge, 0 where it may discharge · μ 1 for the mode in use
"""

from __future__ import annotations

from pyomo.environ import Binary, Block, NonNegativeReals, Var

from flex_pipeline.scheduling.limits import DEVICE, limit
from flex_pipeline.scheduling.model.family import Term, declare, numbers, objectives, port
from flex_pipeline.scheduling.model.minimum_charging import declare_minimum_charging
from flex_pipeline.scheduling.model.soft import declare_breach
from flex_pipeline.scheduling.parts.storage import StorageShape


def declare_storage(b: Block, shape: StorageShape) -> None:
    """One device: its power goes to the connection, and what it moves to its stock."""
    steps = range(shape.steps)
    numbers(b, steps, "charge_kw", "discharge_kw")
    b.charge = Var(steps, within=NonNegativeReals)
    b.discharge = Var(steps, within=NonNegativeReals)
    declare(b, steps, charge_limit, discharge_limit, elastic=shape.elastic)
    port(b, steps, power, charged, discharged)
    if shape.stock:
        numbers(b, steps, "charge_gain", "discharge_loss")
        port(b, steps, stored, added, taken)
    if shape.directed:
        b.charging = Var(steps, bounds=(0, 1))
        declare(b, steps, charge_only_while_charging, discharge_only_otherwise)
    if shape.minimum_charge:
        declare_minimum_charging(b, steps)
    if shape.modes:
        _declare_modes(b, shape)
    cost = _wear(b, shape) + _soft_capacities(b, shape)
    objectives(b, money=cost, preference=_produce_sooner(b, shape) + _changes(b, shape))


def power(b: Block, t: int) -> Term:
    """p[t] = c[t] − d[t]"""
    return b.charge[t] - b.discharge[t]


def charged(b: Block, t: int) -> Term:
    """c[t]"""
    return b.charge[t]


def discharged(b: Block, t: int) -> Term:
    """d[t]"""
    return b.discharge[t]


def stored(b: Block, t: int) -> Term:
    """g[t]·c[t] − l[t]·d[t]"""
    return added(b, t) - taken(b, t)


def added(b: Block, t: int) -> Term:
    """g[t]·c[t]"""
    return b.charge_gain[t] * b.charge[t]


def taken(b: Block, t: int) -> Term:
    """l[t]·d[t]"""
    return b.discharge_loss[t] * b.discharge[t]


@limit("power-capacity or consumption-capacity", "kW", weight=DEVICE)
def charge_limit(b: Block, t: int) -> Term:
    """c[t] ≤ C[t]"""
    return b.charge[t] <= b.charge_kw[t]


@limit("power-capacity or production-capacity", "kW", weight=DEVICE)
def discharge_limit(b: Block, t: int) -> Term:
    """d[t] ≤ D[t]"""
    return b.discharge[t] <= b.discharge_kw[t]


def charge_only_while_charging(b: Block, t: int) -> Term:
    """c[t] ≤ C[t]·σ[t]"""
    return b.charge[t] <= b.charge_kw[t] * b.charging[t]


def discharge_only_otherwise(b: Block, t: int) -> Term:
    """d[t] ≤ D[t]·(1 − σ[t])"""
    return b.discharge[t] <= b.discharge_kw[t] * (1 - b.charging[t])


def one_mode_at_a_time(b: Block, t: int) -> Term:
    """Σ μ[t] = 1"""
    return sum(b.mode[t, k] for k in b.mode_low) == 1


def mode_floor(b: Block, t: int) -> Term:
    """p[t] ≥ Σ low·μ[t]"""
    return power(b, t) >= sum(b.mode_low[k] * b.mode[t, k] for k in b.mode_low)


def mode_ceiling(b: Block, t: int) -> Term:
    """p[t] ≤ Σ high·μ[t]"""
    return power(b, t) <= sum(b.mode_high[k] * b.mode[t, k] for k in b.mode_high)


def power_rises(b: Block, t: int) -> Term:
    """Δ[t] ≥ p[t] − p[t−1]"""
    return b.change[t] >= power(b, t) - power(b, t - 1)


def power_falls(b: Block, t: int) -> Term:
    """Δ[t] ≥ p[t−1] − p[t]"""
    return b.change[t] >= power(b, t - 1) - power(b, t)


def _declare_modes(b: Block, shape: StorageShape) -> None:
    modes, steps = range(shape.modes), range(shape.steps)
    numbers(b, modes, "mode_low", "mode_high")
    b.mode = Var(steps, modes, within=Binary)
    declare(b, steps, one_mode_at_a_time, mode_floor, mode_ceiling)


def _wear(b: Block, shape: StorageShape) -> Term:
    """Σ h·wear-price·(c[t] + d[t])"""
    if not shape.wear:
        return 0.0
    numbers(b, range(shape.steps), "wear_price")
    return sum(shape.hours * b.wear_price[t] * (b.charge[t] + b.discharge[t]) for t in range(shape.steps))


def _soft_capacities(b: Block, shape: StorageShape) -> Term:
    cost: Term = 0.0
    for name, flow, stretches in (
        ("consumption_capacity", b.charge, shape.consumption_capacity),
        ("production_capacity", b.discharge, shape.production_capacity),
    ):
        if stretches is not None:
            block = Block()
            b.add_component(name, block)
            cost += declare_breach(block, flow, 1, stretches, shape)
    return cost


def _produce_sooner(b: Block, shape: StorageShape) -> Term:
    """−Σ w[t]·d[t] without a stock, w falling towards the end: what is curtailed is curtailed later"""
    if shape.stock:
        return 0.0
    numbers(b, range(shape.steps), "produce_sooner")
    return -sum(b.produce_sooner[t] * b.discharge[t] for t in range(shape.steps))


def _changes(b: Block, shape: StorageShape) -> Term:
    """Σ Δ[t], where nothing else says what to prefer: few changes of power"""
    if not shape.steady:
        return 0.0
    later = range(1, shape.steps)
    b.change = Var(later, within=NonNegativeReals)
    declare(b, later, power_rises, power_falls)
    return sum(b.change[t] for t in later)
