"""Following a plan in a world that turned out otherwise, and what that costs.

Devices do as planned, as near as limits and stocks allow: less where a connection would be overloaded, and more or
less where a stock could otherwise not keep its hard bounds. What was not planned any more is decided at its best.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.baseline import needed
from flex_pipeline.scheduling.costs import energy_cost
from flex_pipeline.scheduling.plan import Plan
from flex_pipeline.scheduling.problem import Group, Problem, Site, SocStatement, Stock, Storage
from flex_pipeline.scheduling.schedule import Schedule
from flex_pipeline.scheduling.solving import solve

Array = NDArray[np.float64]
Meter = TypeVar("Meter", Site, Group)

ROUNDING = 1e-7  # kW or kWh that a plan may miss a limit by, and is not departed from


class FollowError(ValueError):
    """A plan that cannot be followed; the message names the device."""


@dataclass(frozen=True)
class Followed:
    """`plan`: the first steps as planned, and the best ones after them. `rest`: how those were found."""

    plan: Plan
    rest: Schedule
    departed_kwh: float  # by which devices could not do as planned

    @property
    def cost(self) -> float:
        """Of all steps, in currency."""
        return self.plan.costs.total

    def energy_cost(self, n: int) -> float:
        """Of the first n steps, that of all commodities, in currency."""
        problem = self.plan.problem
        first = np.arange(problem.grid.n) < n
        return sum(
            energy_cost(problem.at(site), np.where(first, self.plan.at(site), 0.0))
            for site in problem.connections
        )


def follow(problem: Problem, planned_kw: Mapping[str, Array]) -> Followed:
    """Do as planned in the first steps of a problem, and what is best in the steps after them.

    `planned_kw`: power of every device in the first n of T steps (n,), consumption positive. A device of a plugin
    cannot be followed: FollowError.
    """
    if problem.additions:
        named = ", ".join(sorted(addition.device for addition in problem.additions))
        raise FollowError(f"{named}: what a plugin adds to a device cannot be followed")
    n = min(power.size for power in planned_kw.values())
    problem = _with_processes_as_load(problem.by_name(), planned_kw)
    done = _carried_out(problem, planned_kw, n)
    rest = solve(_settled(done, n))
    powers = [rest.devices[storage.name].power_kw for storage in problem.storages]
    after = np.arange(problem.grid.n) >= n
    charge = [np.where(after, np.maximum(kw, 0), c) for kw, c in zip(powers, done.charge_kw, strict=True)]
    discharge = [
        np.where(after, np.maximum(-kw, 0), d) for kw, d in zip(powers, done.discharge_kw, strict=True)
    ]
    departed = sum(np.abs(done.power_kw[s.name][:n] - planned_kw[s.name]).sum() for s in problem.storages)
    return Followed(Plan(problem, charge, discharge, []), rest, float(problem.grid.hours * departed))


def _with_processes_as_load(problem: Problem, planned_kw: Mapping[str, Array]) -> Problem:
    load = {process.name: _padded(planned_kw[process.name], problem.grid.n) for process in problem.processes}
    return replace(problem.with_fixed(load), processes=())


def _padded(power_kw: Array, n: int) -> Array:
    return np.concatenate([power_kw, np.zeros(n - power_kw.size)])


def _carried_out(problem: Problem, planned_kw: Mapping[str, Array], n: int) -> Plan:
    """The plan of the first n steps as the world allows it; nothing after them."""
    planned = [_padded(planned_kw[storage.name], problem.grid.n) for storage in problem.storages]
    charge = [np.clip(kw, 0, s.charge_limit_kw) for kw, s in zip(planned, problem.storages, strict=True)]
    discharge = [
        np.clip(-kw, 0, s.discharge_limit_kw) for kw, s in zip(planned, problem.storages, strict=True)
    ]
    plan = Plan(problem, charge, discharge, [])
    for meter in problem.meters:
        _relieve(plan, meter, n)
    for k, stock in enumerate(problem.stocks):
        _keep_within_bounds(Plan(problem, charge, discharge, []), k, stock, n)
    return Plan(problem, charge, discharge, [])


def _relieve(plan: Plan, meter: Site | Group, n: int) -> None:
    """Take back charging that overloads a connection, and discharging, device by device."""
    members = plan.problem.members(meter)
    net = meter.fixed_kw.copy()
    for storage, charge, discharge in zip(
        plan.problem.storages, plan.charge_kw, plan.discharge_kw, strict=True
    ):
        net += (charge - discharge) * (storage.name in members)
    for way, over in (
        (plan.charge_kw, net - meter.import_limit_kw),
        (plan.discharge_kw, -net - meter.export_limit_kw),
    ):
        left = np.where(over[:n] > ROUNDING, over[:n], 0.0)
        for storage, power in zip(plan.problem.storages, way, strict=True):
            if storage.name in members:
                cut = np.minimum(power[:n], left)
                power[:n] -= cut
                left -= cut


def _keep_within_bounds(plan: Plan, k: int, stock: Stock, n: int) -> None:
    """Depart from the plan, as late and as little as can be, where a stock could not keep its hard bounds."""
    feeders = [
        (i, replace(storage, charge_soft=None, discharge_soft=None))
        for i, storage in enumerate(plan.problem.storages)
        if storage.stock == k
    ]
    low, high = needed(_hard(stock), feeders)
    rooms = {i: _room(plan, storage) for i, storage in feeders}
    soc = stock.start_kwh
    for t in range(n):
        soc = stock.retention[t] * soc + stock.external_kwh[t]
        soc += sum(_moved(s, plan.charge_kw[i][t], plan.discharge_kw[i][t], t) for i, s in feeders)
        for i, storage in feeders:
            goal = min(max(soc, low[t]), max(high[t], low[t]))
            if abs(goal - soc) <= ROUNDING:
                break
            charge, discharge = plan.charge_kw[i], plan.discharge_kw[i]
            without = soc - _moved(storage, charge[t], discharge[t], t)
            most = min(float(storage.charge_limit_kw[t]), charge[t] + rooms[i][t])
            power = storage.towards_kw(goal - without, t, most)
            charge[t], discharge[t] = max(power, 0.0), max(-power, 0.0)
            soc = without + _moved(storage, charge[t], discharge[t], t)


def _hard(stock: Stock) -> Stock:
    """Without statements that have a price."""

    def kept(asked: SocStatement | None) -> SocStatement | None:
        return asked if asked is not None and asked.price is None else None

    return replace(stock, minima=kept(stock.minima), maxima=kept(stock.maxima), targets=kept(stock.targets))


def _room(plan: Plan, storage: Storage) -> Array:
    """What a device may draw more before a connection or group is overloaded (T,), kW."""
    at = [
        m.import_limit_kw - plan.at(m) for m in plan.problem.meters if storage.name in plan.problem.members(m)
    ]
    return np.asarray(np.maximum(np.min(at, axis=0), 0.0))


def _moved(storage: Storage, charge_kw: float, discharge_kw: float, t: int) -> float:
    return float(storage.charge_gain[t] * charge_kw - storage.discharge_loss[t] * discharge_kw)


def _settled(done: Plan, n: int) -> Problem:
    """What is left to decide when the first n steps are done: they are load and flows into stocks, within any bound."""
    problem, first = done.problem, np.arange(done.problem.grid.n) < n
    loaded = problem.with_fixed(done.power_kw)
    stocks = []
    for k, (stock, soc) in enumerate(zip(problem.stocks, done.soc_kwh, strict=True)):
        feeders = zip(problem.storages, done.charge_kw, done.discharge_kw, strict=True)
        moved = sum(
            (s.charge_gain * c - s.discharge_loss * d for s, c, d in feeders if s.stock == k), 0.0 * soc[1:]
        )
        stocks.append(_within(replace(stock, external_kwh=stock.external_kwh + moved), soc[1:], first))
    storages = tuple(
        replace(
            storage,
            charge_limit_kw=np.where(first, 0.0, storage.charge_limit_kw),
            discharge_limit_kw=np.where(first, 0.0, storage.discharge_limit_kw),
        )
        for storage in problem.storages
    )
    return replace(
        loaded,
        site=_open(loaded.site, first),
        others=tuple(_open(site, first) for site in loaded.others),
        groups=tuple(_open(group, first) for group in loaded.groups),
        storages=storages,
        stocks=tuple(stocks),
        fixed=problem.fixed,
    )


def _open(meter: Meter, first: NDArray[np.bool_]) -> Meter:
    """A connection or group that carries what is done."""
    net = meter.fixed_kw
    return replace(
        meter,
        import_limit_kw=np.where(first, np.maximum(meter.import_limit_kw, net), meter.import_limit_kw),
        export_limit_kw=np.where(first, np.maximum(meter.export_limit_kw, -net), meter.export_limit_kw),
    )


def _within(stock: Stock, soc: Array, first: NDArray[np.bool_]) -> Stock:
    """A stock whose hard bounds hold what is done."""

    def kept(asked: SocStatement | None, bound: Array) -> SocStatement | None:
        if asked is None or asked.price is not None:
            return asked
        return replace(asked, kwh=np.where(first & ~np.isnan(asked.kwh), bound, asked.kwh))

    return replace(
        stock,
        floor_kwh=np.where(first, np.minimum(stock.floor_kwh, soc), stock.floor_kwh),
        ceiling_kwh=np.where(first, np.maximum(stock.ceiling_kwh, soc), stock.ceiling_kwh),
        minima=kept(stock.minima, soc),
        maxima=kept(stock.maxima, soc),
        targets=kept(stock.targets, soc),
    )
