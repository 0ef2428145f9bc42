"""Processes that need no solver: those whose best time does not depend on any other device."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.costs import commitment_cost, energy_cost
from flex_pipeline.scheduling.problem import Problem, Process

Array = NDArray[np.float64]

TIE = 1e-9  # relative difference of costs below which the earliest wins


@dataclass(frozen=True)
class Placement:
    """Power of the processes that are settled, and the problem that is left with it as fixed load."""

    rest: Problem
    power_kw: dict[str, Array]


def place(problem: Problem) -> Placement:
    """Settle what can be settled exactly without a solver.

    INFLEXIBLE takes the first chance and MAX the dearest time whatever others do; a lone process on a
    connection without shared limits takes its cheapest time.
    """
    settled = {
        process.name: run_at(process, problem.site.consumption_price)
        for process in problem.processes
        if process.type == "INFLEXIBLE" or process.dearest
    }
    rest = _with_load(problem, settled)
    if rest.storages or rest.additions or not rest.processes or not _steps_are_independent(rest):
        return Placement(rest, settled)
    if len(rest.processes) > 1 and not _price_is_the_same_at_any_power(rest):
        return Placement(rest, settled)
    cheapest = {process.name: run_at(process, marginal_cost(rest, process)) for process in rest.processes}
    after = _with_load(rest, cheapest)
    within = (after.site.fixed_kw <= problem.site.import_limit_kw).all()
    return Placement(after, settled | cheapest) if within else Placement(rest, settled)


def run_at(process: Process, cost: Array) -> Array:
    """Power (T,) at the best time by the cost of running in each step; the earliest of equals.

    The process must have room, which reading a problem makes sure of.
    """
    cost = -cost if process.dearest else cost
    power = np.zeros(cost.size)
    if process.type == "BREAKABLE":
        allowed = np.flatnonzero(process.allowed)
        scale = TIE * max(1e-9, float(np.abs(cost).max()))
        order = np.argsort(np.round(cost[allowed] / scale), kind="stable")
        power[allowed[order[: process.steps]]] = process.power_kw
        return power
    starts = process.free_starts()
    if process.type == "INFLEXIBLE":
        start = starts[0]
    else:
        total = np.concatenate([[0], np.cumsum(cost)])
        block = total[starts + process.steps] - total[starts]
        start = starts[np.flatnonzero(block <= block.min() + TIE * np.abs(cost).sum())[0]]
    power[start : start + process.steps] = process.power_kw
    return power


def marginal_cost(problem: Problem, process: Process) -> Array:
    """What running in each step adds to the cost of the site, (T,)."""
    marginal = np.empty(problem.grid.n)
    without = problem.site.fixed_kw
    for t in range(problem.grid.n):
        running = without.copy()
        running[t] += process.power_kw
        marginal[t] = (
            energy_cost(problem, running)
            - energy_cost(problem, without)
            + commitment_cost(problem, running)
            - commitment_cost(problem, without)
        )
    return marginal


def _steps_are_independent(problem: Problem) -> bool:
    site = problem.site
    if problem.groups or problem.others:
        return False
    return not any((site.import_soft, site.export_soft, site.import_peak, site.export_peak))


def _price_is_the_same_at_any_power(problem: Problem) -> bool:
    site = problem.site
    one_price = bool((site.consumption_price == site.production_price).all() or (site.fixed_kw >= 0).all())
    return one_price and not site.commitments and bool(np.isinf(site.import_limit_kw).all())


def _with_load(problem: Problem, power_kw: dict[str, Array]) -> Problem:
    left = tuple(process for process in problem.processes if process.name not in power_kw)
    return replace(problem.with_fixed(power_kw), processes=left)
