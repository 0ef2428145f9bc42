"""Where power adds up: at the connection, and in a group of devices.

n net power [kW], consumption positive · F fixed power [kW] · p power of the devices [kW]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pyomo.environ import Block, Var

from flex_pipeline.scheduling.model.family import Term, declare, node, numbers
from flex_pipeline.scheduling.model.two_prices import declare_two_prices
from flex_pipeline.scheduling.parts.metering import MeterShape
from flex_pipeline.scheduling.parts.part import Stretches

SoftBound = tuple[
    str, int, Stretches | None, Callable[..., Term]
]  # name, sign, stretches, how it is declared


def declare_net(b: Block, shape: MeterShape) -> None:
    """Net power, and the node of the devices' powers."""
    steps = range(shape.steps)
    numbers(b, steps, "fixed", "import_kw", "export_kw")
    b.net = Var(steps)
    node(b, steps, "power")
    declare(b, steps, power_balance)


def declare_paid(b: Block, shape: MeterShape, soft: Iterable[SoftBound]) -> Term:
    """What is paid for net power: beyond soft bounds, and at its prices."""
    cost: Term = 0.0
    for name, sign, stretches, declare_soft in soft:
        if stretches is not None:
            block = Block()
            b.add_component(name, block)
            cost += declare_soft(block, b.net, sign, stretches, shape)
    for flow in shape.priced:
        block = Block()
        b.add_component(flow.name, block)
        cost += sum(declare_two_prices(block, b.net, flow, shape))
    return cost


def power_balance(b: Block, t: int) -> Term:
    """n[t] = F[t] + Σ p[t]"""
    return b.net[t] == b.fixed[t] + b.power[t]
