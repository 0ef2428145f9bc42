"""The least cost of one storage behind one connection: dynamic programming over value functions, no grid.

V[t](s) is the least cost of step t and all later ones, given the state of charge s at the start of step t:

    V[T](s) = −v·s
    V[t](s) = min over m of  f[t](m) + V[t+1](s'),   s' = a[t]·s + e[t] + m,   low[t] ≤ s' ≤ high[t]

m is what the power of the step moves the stock by and f[t](m) what that power costs. Where every f[t] is convex
and piecewise linear, so is every V[t], and the minimum is an infimal convolution: the pieces of both functions
in order of their slopes. Nothing is rounded but floats. A step that is not convex is refused, or split in its
directions, each of which is.

It shares no code with the engine: it takes numbers and follows the mathematics of the storage model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise, product

ROUNDING = 1e-9  # kWh or kW by which a range may be empty for rounding alone


class NotConvexError(ValueError):
    """The cost of a step is not convex in what it moves: these value functions cannot hold it."""


class NoScheduleError(ValueError):
    """Nothing keeps every hard constraint."""


@dataclass(frozen=True)
class Step:
    """One step of a storage; all limits are 0 or more, and `inf` limits nothing."""

    hours: float
    consumption_price: float  # per kWh
    production_price: float  # per kWh
    fixed_kw: float  # inflexible consumption less inflexible production
    import_limit_kw: float
    export_limit_kw: float
    charge_limit_kw: float
    discharge_limit_kw: float
    charging_efficiency: float
    discharging_efficiency: float
    retention: float  # a: part of the stock that is left after the step
    inflow_kw: float  # gain less usage, before losses
    low_kwh: float  # at the end of the step: soc-min, minimum or target, whichever asks most
    high_kwh: float  # at the end of the step

    @property
    def spread(self) -> float:
        """b = (a − 1)/ln a: what is left of energy that comes in evenly during the step."""
        return 1.0 if self.retention == 1 else (self.retention - 1) / math.log(self.retention)

    @property
    def gain_kwh(self) -> float:
        """g = b·h·η: what a kW of charging adds to the stock."""
        return self.spread * self.hours * self.charging_efficiency

    @property
    def loss_kwh(self) -> float:
        """l = b·h/η: what a kW of discharging takes from the stock."""
        return self.spread * self.hours / self.discharging_efficiency

    @property
    def external_kwh(self) -> float:
        """e: what gain less usage adds to the stock."""
        return self.spread * self.hours * self.inflow_kw


@dataclass(frozen=True)
class Convex:
    """A convex, piecewise-linear function on an interval: its left end, its value there, (slope, length)."""

    left: float
    value: float
    pieces: tuple[tuple[float, float], ...]  # slopes do not fall

    @property
    def right(self) -> float:
        """The other end of the interval."""
        return self.left + sum(length for _, length in self.pieces)

    def __call__(self, x: float) -> float:
        """The value at x; NoScheduleError outside of the interval."""
        return self.within(x, x).value

    def within(self, low: float, high: float) -> Convex:
        """The same function on what [low, high] leaves of its interval; NoScheduleError for nothing."""
        low, high = max(low, self.left), min(high, self.right)
        if low > high + ROUNDING:
            raise NoScheduleError(f"{low:g} is above {high:g}")
        value, begin, kept = self.value, self.left, []
        for slope, length in self.pieces:
            cut = min(max(low - begin, 0.0), length)
            keep = min(begin + length, high) - (begin + cut)
            value += slope * cut
            begin += length
            if keep > 0:
                kept.append((slope, keep))
        return Convex(low, value, tuple(kept))

    def reflected(self) -> Convex:
        """x ↦ f(−x)"""
        end = self.value + sum(slope * length for slope, length in self.pieces)
        return Convex(-self.right, end, tuple((-slope, length) for slope, length in reversed(self.pieces)))

    def convolved(self, other: Convex) -> Convex:
        """x ↦ min over y of f(x − y) + g(y): the cheapest pieces of both come first."""
        pieces = tuple(sorted((*self.pieces, *other.pieces)))
        return Convex(self.left + other.left, self.value + other.value, pieces)

    def after(self, factor: float, shift: float) -> Convex:
        """x ↦ f(factor·x + shift), factor > 0"""
        pieces = tuple((slope * factor, length / factor) for slope, length in self.pieces)
        return Convex((self.left - shift) / factor, self.value, pieces)


def least_cost(steps: Sequence[Step], start_kwh: float, *, end_value: float = 0.0) -> float:
    """V[0](start_kwh), in currency; `end_value` is what a kWh is worth that is left at the end.

    Raises NoScheduleError where nothing keeps the limits, and NotConvexError where a step is not convex. A stock
    without a ceiling may hold any amount.
    """
    low, high = steps[-1].low_kwh, steps[-1].high_kwh
    value = Convex(low, -end_value * low, ((-end_value, high - low),))
    for step in reversed(steps):
        ahead = value.within(step.low_kwh, step.high_kwh)
        value = ahead.convolved(move_cost(step).reflected()).after(step.retention, step.external_kwh)
    return value(start_kwh)


def least_cost_by_directions(steps: Sequence[Step], start_kwh: float) -> float:
    """V[0](start_kwh) where steps are not convex: the least of all choices of a direction in each of them.

    Exponential in their number. Raises NoScheduleError where no choice keeps the limits.
    """
    least = math.inf
    for chosen in product(*map(directions, steps)):
        with suppress(NoScheduleError):
            least = min(least, least_cost(chosen, start_kwh))
    if math.isinf(least):
        raise NoScheduleError("no direction keeps the limits")
    return least


def directions(step: Step) -> list[Step]:
    """A convex step itself; else one for each way to go: charge or discharge, with net import or export."""
    try:
        move_cost(step)
    except NotConvexError:
        charge, discharge = replace(step, discharge_limit_kw=0.0), replace(step, charge_limit_kw=0.0)
        ways = [replace(one, export_limit_kw=0.0) for one in (charge, discharge)]
        ways += [replace(one, import_limit_kw=0.0) for one in (charge, discharge)]
        return ways
    return [step]


def move_cost(step: Step) -> Convex:
    """f(m) = h·(w⁺·n⁺ − w⁻·n⁻), n = F + p, where the power p moves the stock by m = g·p⁺ − l·p⁻.

    Its slope, what one more kWh in the stock costs, is h·w/g while charging and h·w/l while discharging, w being
    the consumption price where the site takes net energy and the production price where it gives it.
    """
    lowest = max(-step.discharge_limit_kw, -step.export_limit_kw - step.fixed_kw)
    highest = min(step.charge_limit_kw, step.import_limit_kw - step.fixed_kw)
    if lowest > highest + ROUNDING:
        raise NoScheduleError("the fixed power alone exceeds the connection")
    bends = [p for p in (0.0, -step.fixed_kw) if lowest < p < highest]
    powers = sorted({lowest, *bends, max(lowest, highest)})
    pieces = tuple(
        (_slope(step, (p + q) / 2), _moved(step, q) - _moved(step, p)) for p, q in pairwise(powers)
    )
    if any(after < before for (before, _), (after, _) in pairwise(pieces)):
        raise NotConvexError(f"slopes fall among {[slope for slope, _ in pieces]}")
    return Convex(_moved(step, lowest), _cost(step, lowest), pieces)


def _moved(step: Step, power_kw: float) -> float:
    return power_kw * (step.gain_kwh if power_kw > 0 else step.loss_kwh)


def _slope(step: Step, power_kw: float) -> float:
    price = step.consumption_price if step.fixed_kw + power_kw > 0 else step.production_price
    return step.hours * price / (step.gain_kwh if power_kw > 0 else step.loss_kwh)


def _cost(step: Step, power_kw: float) -> float:
    net = step.fixed_kw + power_kw
    return step.hours * (step.consumption_price if net > 0 else step.production_price) * net
