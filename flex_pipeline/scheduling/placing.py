"""Processes that need no solver: those whose best time does not depend on any other device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.plan import Plan
from flex_pipeline.scheduling.precedence import in_order, tightened
from flex_pipeline.scheduling.problem import Problem
from flex_pipeline.scheduling.process import Process, Runs, best_runs, first_chance

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Placement:
    """Runs of the processes that are settled, and the problem that is left with their power as fixed load."""

    problem: Problem
    rest: Problem
    runs: Mapping[str, Runs]

    def whole(self, plan: Plan) -> Plan:
        """A plan of the rest together with what is settled."""
        if not self.runs:
            return plan
        runs = dict(self.runs)
        runs |= {p.name: found for p, found in zip(self.rest.processes, plan.process_runs, strict=True)}
        placed = [runs[process.name] for process in self.problem.processes]
        return Plan(self.problem, plan.charge_kw, plan.discharge_kw, placed, plan.added)


def place(problem: Problem) -> Placement:
    """Settle what can be settled exactly without a solver.

    INFLEXIBLE takes the first chance and MAX the dearest time whatever others do; a lone process on a
    connection without shared limits takes its cheapest time.
    """
    settled: dict[str, Runs] = {}
    for process in in_order(problem.processes):
        if process.type == "INFLEXIBLE":
            settled[process.name] = _must(first_chance(_left(problem, settled)[process.name]))
    for process in in_order(problem.processes):
        if process.type != "INFLEXIBLE" and process.dearest:
            price = -np.outer(process.profile_kw, problem.prices(problem.site)[0])
            settled[process.name] = _must(best_runs(_left(problem, settled)[process.name], price))
    rest = _with_load(problem, settled)
    if rest.storages or rest.additions or not rest.processes or not rest.steps_are_independent:
        return Placement(problem, rest, settled)
    if len(rest.processes) > 1 and not _do_not_meet(rest):
        return Placement(problem, rest, settled)
    cheapest = {process.name: best_runs(process, marginal_cost(rest, process)) for process in rest.processes}
    fitting = {name: runs for name, runs in cheapest.items() if runs is not None}
    if len(fitting) < len(cheapest):
        return Placement(problem, rest, settled)
    return Placement(problem, _with_load(rest, fitting), settled | fitting)


def one_after_the_other(problem: Problem) -> dict[str, Runs]:
    """Each process at its cheapest time, given the ones before it and nothing else that is flexible."""
    placed: dict[str, Runs] = {}
    for process in in_order(problem.processes):
        left, loaded = _left(problem, placed)[process.name], _with_load(problem, placed)
        fitting = best_runs(left, marginal_cost(loaded, process))
        placed[process.name] = _must(first_chance(left)) if fitting is None else fitting
    return placed


def at_first_chance(problem: Problem) -> list[Runs]:
    """The runs of all processes, each as soon as it may."""
    placed: dict[str, Runs] = {}
    for process in in_order(problem.processes):
        placed[process.name] = _must(first_chance(_left(problem, placed)[process.name]))
    return [placed[process.name] for process in problem.processes]


def marginal_cost(problem: Problem, process: Process) -> Array:
    """What each step of its profile adds to the cost of the site in each step of time, (k, T).

    Infinite where the connection cannot carry it.
    """
    levels, level = np.unique(process.profile_kw, return_inverse=True)
    return np.array([_added_cost(problem, float(power)) for power in levels])[level]


def _added_cost(problem: Problem, power_kw: float) -> Array:
    site, without = problem.site, problem.site.fixed_kw
    running = without + power_kw
    prices = [(np.zeros(problem.grid.n), *problem.prices(site))]
    prices += [(c.baseline_kw, c.up_price, c.down_price) for c in site.commitments]
    cost = np.zeros(problem.grid.n)
    for baseline, up, down in prices:
        rise = np.maximum(running - baseline, 0) - np.maximum(without - baseline, 0)
        cost += up * rise + down * (power_kw - rise)
    fits = (running <= site.import_limit_kw) & (running >= -site.export_limit_kw)
    return np.where(fits, problem.grid.hours * cost, np.inf)


def _left(problem: Problem, placed: Mapping[str, Runs]) -> dict[str, Process]:
    """The processes with the time that the placed ones leave those that wait for them, or that they wait for."""
    found = {p.name: p.at(placed[p.name]) if p.name in placed else p for p in problem.processes}
    return tightened(found.values()) if any(process.after for process in problem.processes) else found


def _must(runs: Runs | None) -> Runs:
    """Reading a problem makes sure that there is room."""
    if runs is None:
        raise ValueError("a process has no room")
    return runs


def _do_not_meet(problem: Problem) -> bool:
    """Whether no process makes another's time dearer, or waits for another."""
    site = problem.site
    consumption, production = problem.prices(site)
    one_price = bool((consumption == production).all() or (site.fixed_kw >= 0).all())
    alone = not any(process.after for process in problem.processes)
    return alone and one_price and not site.commitments and bool(np.isinf(site.import_limit_kw).all())


def _with_load(problem: Problem, runs: Mapping[str, Runs]) -> Problem:
    """The processes with these runs as fixed load; those that are left with the time that they leave."""
    placed = [process for process in problem.processes if process.name in runs]
    loaded = problem.with_fixed({process.name: process.power(runs[process.name]) for process in placed})
    left = [process for name, process in _left(problem, runs).items() if name not in runs]
    names = {process.name for process in left}
    waiting = tuple(replace(p, after=tuple(name for name in p.after if name in names)) for p in left)
    return replace(loaded, processes=waiting)
