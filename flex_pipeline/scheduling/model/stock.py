"""Stock: what holds energy.

State of charge is an instant, stated at step ends.
s state of charge [kWh] · a part left after a step · g·c what charging adds, l·d what discharging takes [kWh]
e gain less usage [kWh]
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pyomo.environ import Block, Var

from flex_pipeline.scheduling.model.family import Expression, declare, numbers, relax, relief, stated
from flex_pipeline.scheduling.model.soft import declare_breach
from flex_pipeline.scheduling.problem import SocStatement, Stock, Storage

Feeder = tuple[Storage, Block]


def declare_stock(s: Block, stock: Stock, feeders: list[Feeder], hours: float, elastic: bool) -> Expression:
    """Variables and constraints of one stock; returns its cost."""
    steps = range(stock.retention.size)
    numbers(
        s,
        retention=stock.retention,
        external=stock.external_kwh,
        soc_min=stock.floor_kwh,
        soc_max=stock.ceiling_kwh,
    )
    s.start = stock.start_kwh
    s.feeders = [(b, d.charge_gain.tolist(), d.discharge_loss.tolist()) for d, b in feeders]
    s.soc = Var(steps)
    if elastic:
        relax(s, steps, "soc_floor", "soc_ceiling")
    declare(s, steps, soc_balance)
    declare(s, stated(stock.floor_kwh), soc_floor)
    declare(s, stated(stock.ceiling_kwh), soc_ceiling)
    return (
        _declare_bound(s, "soc_minima", stock.minima, hours, elastic)
        + _declare_bound(s, "soc_maxima", stock.maxima, hours, elastic)
        + _declare_targets(s, stock.targets, hours, elastic)
        + terminal_value(s, stock)
    )


def soc_balance(s: Block, t: int) -> Expression:
    """s[t] = a[t]·s[t−1] + Σ (g[t]·c[t] − l[t]·d[t]) + e[t]"""
    before = s.start if t == 0 else s.soc[t - 1]
    moved = sum(gain[t] * b.charge[t] - loss[t] * b.discharge[t] for b, gain, loss in s.feeders)
    return s.soc[t] == s.retention[t] * before + moved + s.external[t]


def soc_floor(s: Block, t: int) -> Expression:
    """s[t] ≥ soc-min"""
    return s.soc[t] + relief(s, "soc_floor", t) >= s.soc_min[t]


def soc_ceiling(s: Block, t: int) -> Expression:
    """s[t] ≤ soc-max"""
    return s.soc[t] - relief(s, "soc_ceiling", t) <= s.soc_max[t]


def soc_minima(s: Block, t: int) -> Expression:
    """s[t] ≥ soc-minima[t]"""
    return s.soc[t] + relief(s, "soc_minima", t) >= s.soc_minima_kwh[t]


def soc_maxima(s: Block, t: int) -> Expression:
    """s[t] ≤ soc-maxima[t]"""
    return s.soc[t] - relief(s, "soc_maxima", t) <= s.soc_maxima_kwh[t]


def soc_targets(s: Block, t: int) -> Expression:
    """s[t] = soc-targets[t]"""
    given_way = relief(s, "soc_targets_short", t) - relief(s, "soc_targets_over", t)
    return s.soc[t] + given_way == s.soc_targets_kwh[t]


def terminal_value(s: Block, stock: Stock) -> Expression:
    """−v·s[T], v what a kWh is worth at the end"""
    return -stock.end_value * s.soc[stock.retention.size - 1] if stock.end_value else 0.0


def prefer_full_sooner(s: Block, stock: Stock) -> Expression:
    """Σ w[t]·(soc-max − s[t]), w falling from 1 to 0; constant where curtailing later is not preferred"""
    if not stock.prefer_charging_sooner or not np.isfinite(stock.ceiling_kwh).all():
        return 0.0
    n = stock.ceiling_kwh.size
    weight = np.linspace(1, 0, n) if stock.prefer_curtailing_later else np.ones(n)
    return sum(w * (s.soc_max[t] - s.soc[t]) for t, w in enumerate(weight.tolist()) if w)


def _declare_bound(
    s: Block, name: str, asked: SocStatement | None, hours: float, elastic: bool
) -> Expression:
    """Minima or maxima: a family of constraints where hard, a breach with a price where soft."""
    if asked is None:
        return 0.0
    steps = stated(asked.kwh)
    numbers(s, **{f"{name}_kwh": asked.kwh})
    if asked.price is None:
        if elastic:
            relax(s, steps, name)
        declare(s, steps, soc_minima if name == "soc_minima" else soc_maxima)
        return 0.0
    sign = 1 if name == "soc_minima" else -1
    short = {t: sign * (float(asked.kwh[t]) - s.soc[t]) for t in steps}
    return _breach(s, f"{name}_breach", short, asked.price, hours)


def _declare_targets(s: Block, asked: SocStatement | None, hours: float, elastic: bool) -> Expression:
    if asked is None:
        return 0.0
    steps = stated(asked.kwh)
    if asked.price is None or asked.excess_price is None:
        numbers(s, soc_targets_kwh=asked.kwh)
        if elastic:
            relax(s, steps, "soc_targets_short", "soc_targets_over")
        declare(s, steps, soc_targets)
        return 0.0
    short = {t: float(asked.kwh[t]) - s.soc[t] for t in steps}
    over = {t: s.soc[t] - float(asked.kwh[t]) for t in steps}
    return _breach(s, "soc_targets_shortage", short, asked.price, hours) + _breach(
        s, "soc_targets_excess", over, asked.excess_price, hours
    )


def _breach(
    s: Block, name: str, excess: dict[int, Any], price: np.ndarray[Any, Any], hours: float
) -> Expression:
    block = Block()
    s.add_component(name, block)
    return declare_breach(block, excess, price, hours)
