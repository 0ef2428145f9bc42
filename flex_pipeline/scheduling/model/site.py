"""Site: the connection behind which the power of all devices adds up.

n net power [kW], consumption positive · F fixed power [kW] · p power of the devices [kW]
"""

from __future__ import annotations

from pyomo.environ import Block, Var

from flex_pipeline.scheduling.limits import FUSE, limit
from flex_pipeline.scheduling.model.family import Term, declare, node, numbers, objectives
from flex_pipeline.scheduling.model.soft import declare_breach, declare_peak
from flex_pipeline.scheduling.model.two_prices import declare_two_prices
from flex_pipeline.scheduling.parts.site import SiteShape


def declare_site(b: Block, shape: SiteShape) -> None:
    """Net power, its bounds, and what is paid for it."""
    steps = range(shape.steps)
    numbers(b, steps, "fixed", "import_kw", "export_kw")
    b.net = Var(steps)
    node(b, steps, "power")
    declare(b, steps, power_balance)
    declare(b, steps, site_import_limit, site_export_limit, elastic=shape.elastic)
    cost: Term = 0.0
    for name, sign, stretches, declare_soft in (
        ("site_consumption_capacity", 1, shape.consumption_capacity, declare_breach),
        ("site_production_capacity", -1, shape.production_capacity, declare_breach),
        ("site_peak_consumption", 1, shape.peak_consumption, declare_peak),
        ("site_peak_production", -1, shape.peak_production, declare_peak),
    ):
        if stretches is not None:
            block = Block()
            b.add_component(name, block)
            cost += declare_soft(block, b.net, sign, stretches, shape)
    for flow in shape.priced:
        block = Block()
        b.add_component(flow.name, block)
        cost += declare_two_prices(block, b.net, flow, shape)
    objectives(b, money=cost)


def power_balance(b: Block, t: int) -> Term:
    """n[t] = F[t] + Σ p[t]"""
    return b.net[t] == b.fixed[t] + b.power[t]


@limit("site-power-capacity or site-consumption-capacity", "kW", weight=FUSE)
def site_import_limit(b: Block, t: int) -> Term:
    """n[t] ≤ site-power-capacity"""
    return b.net[t] <= b.import_kw[t]


@limit("site-power-capacity or site-production-capacity", "kW", weight=FUSE)
def site_export_limit(b: Block, t: int) -> Term:
    """n[t] ≥ −site-power-capacity"""
    return b.net[t] >= -b.export_kw[t]
