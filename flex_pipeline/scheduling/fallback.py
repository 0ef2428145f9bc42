"""The last resort, when not even the least-violating plan can be found: a rule without prices.

Each stock goes straight for its first target, else for what its bounds ask next, at full power; then it
idles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.addition import without_flexibility
from flex_pipeline.scheduling.converters import follow_demand, sides
from flex_pipeline.scheduling.placing import at_first_chance
from flex_pipeline.scheduling.plan import Plan
from flex_pipeline.scheduling.problem import Problem, Stock

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Goal:
    kwh: float
    step: int


def fallback(problem: Problem) -> Plan:
    """Charge or discharge towards the first target, maximum or minimum; never past it."""
    charge = [np.zeros(problem.grid.n) for _ in problem.storages]
    discharge = [np.zeros(problem.grid.n) for _ in problem.storages]
    converting = sides(problem)
    for i, storage in enumerate(problem.storages):
        if storage.stock is None:
            if storage.name not in converting:
                discharge[i] = storage.discharge_limit_kw.copy()
            continue
        stock = problem.stocks[storage.stock]
        goal, soc = _goal(stock), stock.start_kwh
        for t in range(goal.step + 1):
            short = goal.kwh - (stock.retention[t] * soc + stock.external_kwh[t])
            power = storage.towards_kw(short, t, storage.charge_limit_kw[t])
            charge[i][t], discharge[i][t] = max(power, 0.0), max(-power, 0.0)
            moved = storage.charge_gain[t] * charge[i][t] - storage.discharge_loss[t] * discharge[i][t]
            soc = goal.kwh - short + moved
    added = without_flexibility(problem.additions)
    return follow_demand(Plan(problem, charge, discharge, at_first_chance(problem), added))


def _goal(stock: Stock) -> _Goal:
    """The first target; else the first maximum below the start, or minimum above it."""
    if stock.targets is not None:
        step = int(np.flatnonzero(~np.isnan(stock.targets.kwh))[0])
        return _Goal(float(stock.targets.kwh[step]), step)
    nothing = np.full(stock.floor_kwh.size, np.nan)
    upper = np.fmin(stock.ceiling_kwh, nothing if stock.maxima is None else stock.maxima.kwh)
    lower = np.fmax(stock.floor_kwh, nothing if stock.minima is None else stock.minima.kwh)
    for bound, violated in ((upper, stock.start_kwh > upper), (lower, stock.start_kwh < lower)):
        if violated.any():
            step = int(np.argmax(violated))
            return _Goal(float(bound[step]), step)
    return _Goal(stock.start_kwh, -1)
