"""Site: the connection behind which the power of all devices adds up.

n net power [kW], consumption positive · F fixed power [kW]
"""

from __future__ import annotations

from collections.abc import Callable, Container

import numpy as np
from pyomo.environ import Block, ConcreteModel, Var

from flex_pipeline.scheduling.model.family import Expression, declare, numbers, relax, relief, stated
from flex_pipeline.scheduling.model.soft import declare_breach, declare_peak
from flex_pipeline.scheduling.model.two_prices import Priced, declare_two_prices
from flex_pipeline.scheduling.problem import Problem

ENERGY = "net_energy"


def declare_site(
    m: ConcreteModel, problem: Problem, powers: list[Callable[[int], Expression]], elastic: bool
) -> Expression:
    """Net power, its bounds, and the cost of soft bounds and peaks."""
    site, hours = problem.site, problem.grid.hours
    steps = range(problem.grid.n)
    numbers(m, fixed=site.fixed_kw, import_kw=site.import_limit_kw, export_kw=site.export_limit_kw)
    m.powers = powers
    m.net = Var(steps)
    if elastic:
        relax(m, steps, "site_import_limit", "site_export_limit")
    declare(m, steps, power_balance)
    declare(m, stated(site.import_limit_kw), site_import_limit)
    declare(m, stated(site.export_limit_kw), site_export_limit)
    cost: Expression = 0.0
    for name, sign, soft, charge in (
        ("site_consumption_capacity", 1, site.import_soft, True),
        ("site_production_capacity", -1, site.export_soft, True),
        ("site_peak_consumption", 1, site.import_peak, False),
        ("site_peak_production", -1, site.export_peak, False),
    ):
        if soft is not None:
            block = Block()
            m.add_component(name, block)
            over = {t: sign * m.net[t] - float(soft.limit[t]) for t in stated(soft.limit)}
            cost += (
                declare_breach(block, over, soft.price, hours)
                if charge
                else declare_peak(block, over, soft.price)
            )
    return cost


def power_balance(m: ConcreteModel, t: int) -> Expression:
    """n[t] = F[t] + Σ p[t]"""
    return m.net[t] - sum(power(t) for power in m.powers) == m.fixed[t]


def site_import_limit(m: ConcreteModel, t: int) -> Expression:
    """n[t] ≤ site-power-capacity"""
    return m.net[t] - relief(m, "site_import_limit", t) <= m.import_kw[t]


def site_export_limit(m: ConcreteModel, t: int) -> Expression:
    """n[t] ≥ −site-power-capacity"""
    return m.net[t] + relief(m, "site_export_limit", t) >= -m.export_kw[t]


def declare_prices(
    m: ConcreteModel, problem: Problem, binding: Container[tuple[str, int]], elastic: bool
) -> Expression:
    """The cost of net energy and of commitments."""
    site, hours = problem.site, problem.grid.hours
    low, high = problem.net_range_kw()
    if not elastic:
        low, high = np.maximum(low, -site.export_limit_kw), np.minimum(high, site.import_limit_kw)
    zero = np.zeros(problem.grid.n)
    priced = [(ENERGY, zero, site.consumption_price, site.production_price)]
    priced += [
        (f"commitment_{i}", c.baseline_kw, c.up_price, c.down_price) for i, c in enumerate(site.commitments)
    ]
    cost: Expression = 0.0
    m.priced = {}
    for name, baseline, up, down in priced:
        block = Block()
        m.add_component(name, block)
        numbers(block, baseline=baseline)
        m.priced[name] = block
        flows = {
            t: Priced(
                m.net[t] - float(baseline[t]),
                *(float(x[t]) for x in (low - baseline, high - baseline, up, down)),
            )
            for t in range(problem.grid.n)
        }
        cost += declare_two_prices(block, flows, hours, binding)
    return cost
