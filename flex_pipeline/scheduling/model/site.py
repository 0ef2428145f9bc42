"""Site: the connection behind which the power of all devices adds up.

n net power [kW], consumption positive
"""

from __future__ import annotations

from pyomo.environ import Block

from flex_pipeline.scheduling.limits import FUSE, limit
from flex_pipeline.scheduling.model.family import Term, declare, objectives, port
from flex_pipeline.scheduling.model.metering import declare_net, declare_paid
from flex_pipeline.scheduling.model.soft import declare_breach, declare_peak
from flex_pipeline.scheduling.model.two_prices import declare_two_prices
from flex_pipeline.scheduling.parts.site import SiteShape


def declare_site(b: Block, shape: SiteShape) -> None:
    """Net power, its bounds, and what is paid for it."""
    declare_net(b, shape)
    declare(b, range(shape.steps), site_import_limit, site_export_limit, elastic=shape.elastic)
    cost = declare_paid(
        b,
        shape,
        (
            ("site_consumption_capacity", 1, shape.consumption_capacity, declare_breach),
            ("site_production_capacity", -1, shape.production_capacity, declare_breach),
            ("site_peak_consumption", 1, shape.peak_consumption, declare_peak),
            ("site_peak_production", -1, shape.peak_production, declare_peak),
        ),
    )
    if shape.emitted is not None:
        b.add_component(shape.emitted.name, Block())
        b.kg = declare_two_prices(b.component(shape.emitted.name), b.net, shape.emitted, shape)
        port(b, range(shape.steps), emitted)
    objectives(b, money=cost)


@limit("site-power-capacity or site-consumption-capacity", "kW", weight=FUSE)
def site_import_limit(b: Block, t: int) -> Term:
    """n[t] ≤ site-power-capacity"""
    return b.net[t] <= b.import_kw[t]


@limit("site-power-capacity or site-production-capacity", "kW", weight=FUSE)
def site_export_limit(b: Block, t: int) -> Term:
    """n[t] ≥ −site-power-capacity"""
    return b.net[t] >= -b.export_kw[t]


def emitted(b: Block, t: int) -> Term:
    """h·(k[t]·n⁺[t] − q[t]·n⁻[t])"""
    return b.kg[t]
