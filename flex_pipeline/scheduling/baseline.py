"""What the site would do without flexibility: the yardstick for savings.

A storage that only takes energy in (an EV, a heat buffer) charges at once at full power; one that can also
give it back stays as it is, and moves only as late and as much as its SoC statements force it to;
generation that could be curtailed runs fully; a process runs as soon as it may; a converter delivers what is needed
where it cannot be bought.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.addition import without_flexibility
from flex_pipeline.scheduling.converters import deliverable_kw, follow_demand, sides
from flex_pipeline.scheduling.placing import Placement, at_first_chance
from flex_pipeline.scheduling.plan import Plan
from flex_pipeline.scheduling.problem import Problem, SocStatement, Stock, Storage
from flex_pipeline.scheduling.schedule import Schedule, Status
from flex_pipeline.scheduling.solving import FEASIBLE, to_schedule

Array = NDArray[np.float64]
Feeder = tuple[int, Storage]


def baseline(problem: Problem, *, fill_up: bool = False) -> Schedule:
    """The schedule without flexibility, priced as any other; it may break what only flexibility keeps.

    `fill_up`: every store that can be full is filled at once, also one that could give back.
    """
    n = problem.grid.n
    runs = at_first_chance(problem)
    converting = sides(problem)
    charge = [np.zeros(n) for _ in problem.storages]
    discharge = [
        _full(s) if s.stock is None and s.name not in converting else np.zeros(n) for s in problem.storages
    ]
    added = without_flexibility(problem.additions)
    rooms = _rooms(Plan(problem, charge, discharge, runs, added))
    for k, stock in enumerate(problem.stocks):
        feeders = [(i, storage) for i, storage in enumerate(problem.storages) if storage.stock == k]
        _simulate(stock, feeders, rooms, charge, discharge, fill_up)
    plan = follow_demand(Plan(problem, charge, discharge, runs, added))
    status: Status = "feasible" if plan.violation <= FEASIBLE else "infeasible"
    return to_schedule(problem, Placement(problem, problem, {}), plan, status)


def _rooms(plan: Plan) -> dict[str, list[Array]]:
    """What the connection and the groups of each storage have left, (T,) each."""
    problem = plan.problem
    rooms: dict[str, list[Array]] = {storage.name: [] for storage in problem.storages}
    for meter in problem.meters:
        left = np.maximum(meter.import_limit_kw + deliverable_kw(problem, meter) - plan.at(meter), 0.0)
        for name in rooms.keys() & problem.members(meter):
            rooms[name].append(left)
    return rooms


def _simulate(
    stock: Stock,
    feeders: list[Feeder],
    rooms: dict[str, list[Array]],
    charge: list[Array],
    discharge: list[Array],
    fill_up: bool,
) -> None:
    """Fill in charge and discharge of the feeders step by step; `rooms` become what is left after them."""
    low, high = needed(stock, feeders)
    one_way = not any(storage.discharge_limit_kw.any() for _, storage in feeders)
    at_once = (one_way or fill_up) and bool(np.isfinite(stock.ceiling_kwh).all())
    soc = stock.start_kwh
    for t in range(low.size):
        soc = stock.retention[t] * soc + stock.external_kwh[t]
        goal = high[t] if at_once else min(max(soc, low[t]), max(high[t], low[t]))
        for i, storage in feeders:
            left = min(room[t] for room in rooms[storage.name])
            power = storage.towards_kw(goal - soc, t, min(_charge_limit(storage)[t], left))
            charge[i][t], discharge[i][t] = max(power, 0.0), max(-power, 0.0)
            soc += storage.charge_gain[t] * charge[i][t] - storage.discharge_loss[t] * discharge[i][t]
            for room in rooms[storage.name]:
                room[t] -= charge[i][t]


def needed(stock: Stock, feeders: list[Feeder]) -> tuple[Array, Array]:
    """The least and the most to hold at each step end so that all later statements can still be kept."""
    low = _strictest(np.fmax, stock.floor_kwh, stock.minima, stock.targets)
    high = _strictest(np.fmin, stock.ceiling_kwh, stock.maxima, stock.targets)
    rise = stock.external_kwh + sum(
        (s.charge_gain * _charge_limit(s) for _, s in feeders), np.zeros_like(low)
    )
    fall = stock.external_kwh - sum(
        (s.discharge_loss * s.discharge_limit_kw for _, s in feeders), np.zeros_like(low)
    )
    for t in range(low.size - 2, -1, -1):
        if stock.retention[t + 1] > 0:
            low[t] = max(
                low[t], min((low[t + 1] - rise[t + 1]) / stock.retention[t + 1], stock.ceiling_kwh[t])
            )
            high[t] = min(
                high[t], max((high[t + 1] - fall[t + 1]) / stock.retention[t + 1], stock.floor_kwh[t])
            )
    return low, high


def _strictest(pick: np.ufunc, bound: Array, *asked: SocStatement | None) -> Array:
    strictest = bound.copy()
    for statement in asked:
        if statement is not None:
            strictest = pick(strictest, statement.kwh)
    return strictest


def _charge_limit(storage: Storage) -> Array:
    return storage.charge_limit_kw if storage.charge_soft is None else storage.charge_soft.limit


def _full(storage: Storage) -> Array:
    return (
        storage.discharge_limit_kw.copy()
        if storage.discharge_soft is None
        else storage.discharge_soft.limit.copy()
    )
