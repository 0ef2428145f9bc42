"""Stock: what holds energy.

State of charge is an instant, stated at step ends.
s state of charge [kWh] · a part left after a step · m what charging adds less what discharging takes [kWh]
e gain less usage [kWh]
"""

from __future__ import annotations

from typing import Any

from pyomo.environ import Block, Var

from flex_pipeline.scheduling.limits import STORE, Rule, limit
from flex_pipeline.scheduling.model.family import (
    Term,
    declare,
    node,
    number,
    numbers,
    objectives,
    port,
)
from flex_pipeline.scheduling.model.soft import declare_breach
from flex_pipeline.scheduling.parts.part import Stretches
from flex_pipeline.scheduling.parts.stock import StockShape


def declare_stock(s: Block, shape: StockShape) -> None:
    """What several devices may feed."""
    steps, last = range(shape.steps), shape.steps - 1
    numbers(s, steps, "external", "soc_min", "soc_max", "fill_sooner")
    numbers(s, range(1, shape.steps), "retention")
    number(s, "carried_in", "end_value")
    s.soc = Var(steps)
    node(s, steps, "stored")
    port(s, steps, held)
    declare(s, steps, soc_balance)
    declare(s, steps, soc_floor, soc_ceiling, elastic=shape.elastic)
    cost = -s.end_value * s.soc[last]
    cost += _declare_bound(s, soc_minima, shape.minima, shape)
    cost += _declare_bound(s, soc_maxima, shape.maxima, shape)
    cost += _declare_targets(s, shape)
    objectives(s, money=cost, preference=-sum(s.fill_sooner[t] * s.soc[t] for t in steps))


def held(s: Block, t: int) -> Term:
    """s[t]"""
    return s.soc[t]


def soc_balance(s: Block, t: int) -> Term:
    """s[t] = a[t]·s[t−1] + m[t] + e[t]"""
    before = s.carried_in if t == 0 else s.retention[t] * s.soc[t - 1]
    return s.soc[t] == before + s.stored[t] + s.external[t]


@limit("soc-min", "kWh", upper=False, weight=STORE)
def soc_floor(s: Block, t: int) -> Term:
    """s[t] ≥ soc-min"""
    return s.soc[t] >= s.soc_min[t]


@limit("soc-max", "kWh", weight=STORE)
def soc_ceiling(s: Block, t: int) -> Term:
    """s[t] ≤ soc-max"""
    return s.soc[t] <= s.soc_max[t]


@limit("soc-minima", "kWh", upper=False)
def soc_minima(s: Block, t: int) -> Term:
    """s[t] ≥ soc-minima[t]"""
    return s.soc[t] >= s.soc_minima_kwh[t]


@limit("soc-maxima", "kWh")
def soc_maxima(s: Block, t: int) -> Term:
    """s[t] ≤ soc-maxima[t]"""
    return s.soc[t] <= s.soc_maxima_kwh[t]


@limit("soc-targets", "kWh", upper=False)
def soc_target_reached(s: Block, t: int) -> Term:
    """s[t] ≥ soc-targets[t]"""
    return s.soc[t] >= s.target_low[t]


@limit("soc-targets", "kWh")
def soc_target_kept(s: Block, t: int) -> Term:
    """s[t] ≤ soc-targets[t]"""
    return s.soc[t] <= s.target_high[t]


def _declare_bound(s: Block, rule: Rule, asked: Any, shape: StockShape) -> Term:
    """Minima or maxima: a family of constraints where hard, a breach with a price where soft."""
    if asked is None:
        return 0.0
    if asked != "hard":
        return _soft(s, rule.__name__, -1 if rule is soc_minima else 1, asked, shape)
    numbers(s, range(shape.steps), f"{rule.__name__}_kwh")
    declare(s, range(shape.steps), rule, elastic=shape.elastic)
    return 0.0


def _declare_targets(s: Block, shape: StockShape) -> Term:
    if shape.targets is None:
        return 0.0
    if shape.targets == "hard" or shape.targets_excess is None:
        numbers(s, range(shape.steps), "target_low", "target_high")
        declare(s, range(shape.steps), soc_target_reached, soc_target_kept, elastic=shape.elastic)
        return 0.0
    short = _soft(s, "soc_targets_short", -1, shape.targets, shape)
    return short + _soft(s, "soc_targets_over", 1, shape.targets_excess, shape)


def _soft(s: Block, name: str, sign: int, stretches: Stretches, shape: StockShape) -> Term:
    block = Block()
    s.add_component(name, block)
    return declare_breach(block, s.soc, sign, stretches, shape)
