"""Group: devices behind a limit of their own, such as a feeder or a hybrid inverter.

n net power of the members [kW], consumption positive
"""

from __future__ import annotations

from pyomo.environ import Block

from flex_pipeline.scheduling.limits import FUSE, limit
from flex_pipeline.scheduling.model.family import Term, declare, objectives
from flex_pipeline.scheduling.model.metering import declare_net, declare_paid
from flex_pipeline.scheduling.model.soft import declare_breach
from flex_pipeline.scheduling.parts.group import GroupShape


def declare_group(b: Block, shape: GroupShape) -> None:
    """Net power of the members, its bounds, and what is paid for it."""
    declare_net(b, shape)
    declare(b, range(shape.steps), group_import_limit, group_export_limit, elastic=shape.elastic)
    cost = declare_paid(
        b,
        shape,
        (
            ("group_consumption_capacity", 1, shape.consumption_capacity, declare_breach),
            ("group_production_capacity", -1, shape.production_capacity, declare_breach),
        ),
    )
    objectives(b, money=cost)


@limit("power-capacity or consumption-capacity", "kW", weight=FUSE)
def group_import_limit(b: Block, t: int) -> Term:
    """n[t] ≤ power-capacity of the group"""
    return b.net[t] <= b.import_kw[t]


@limit("power-capacity or production-capacity", "kW", weight=FUSE)
def group_export_limit(b: Block, t: int) -> Term:
    """n[t] ≥ −power-capacity of the group"""
    return b.net[t] >= -b.export_kw[t]
