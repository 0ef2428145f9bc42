"""Converters without a solver: they deliver what is needed where nothing can be bought, as far as they can."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.plan import Plan
from flex_pipeline.scheduling.problem import Coupling, Meter, Problem, Site, Storage

Array = NDArray[np.float64]


def sides(problem: Problem) -> frozenset[str]:
    """Names of the devices that are sides of converters."""
    return frozenset(name for coupling in problem.couplings for name in coupling.coefficients)


def deliverable_kw(problem: Problem, meter: Meter) -> Array:
    """The most that converters can deliver at a connection or in a group, (T,)."""
    most = np.zeros(problem.grid.n)
    for coupling in problem.couplings:
        for name, coefficient in _delivering(coupling):
            if name in problem.members(meter):
                most -= coefficient * _highest_level(problem, coupling)
    return most


def follow_demand(plan: Plan) -> Plan:
    """The plan with converters at the level that meets the need, one after the other."""
    for coupling in plan.problem.couplings:
        level = np.zeros(plan.problem.grid.n)
        for name, coefficient in _delivering(coupling):
            for site in plan.problem.others:
                if name in plan.problem.members(site) and _is_closed(site):
                    level = np.maximum(level, np.maximum(plan.at(site), 0.0) / -coefficient)
        plan = _running(plan, coupling, np.minimum(level, _highest_level(plan.problem, coupling)))
    return plan


def _running(plan: Plan, coupling: Coupling, level: Array) -> Plan:
    """The plan with a converter at a level (T,)."""
    charge, discharge = list(plan.charge_kw), list(plan.discharge_kw)
    for i, storage in enumerate(plan.problem.storages):
        if storage.name in coupling.coefficients:
            power = coupling.coefficients[storage.name] * level
            charge[i], discharge[i] = np.maximum(power, 0.0), np.maximum(-power, 0.0)
    return Plan(plan.problem, charge, discharge, plan.process_runs, plan.added)


def _delivering(coupling: Coupling) -> Iterator[tuple[str, Array]]:
    return (
        (name, coefficient) for name, coefficient in coupling.coefficients.items() if (coefficient < 0).any()
    )


def _is_closed(site: Site) -> bool:
    """Whether nothing comes in there but from devices."""
    bounds = [site.import_limit_kw, *([] if site.import_soft is None else [site.import_soft.limit])]
    return any(not bound.any() for bound in bounds)


def _highest_level(problem: Problem, coupling: Coupling) -> Array:
    limits = [
        _limit_kw(storage) / np.abs(coupling.coefficients[storage.name])
        for storage in problem.storages
        if storage.name in coupling.coefficients
    ]
    return np.asarray(np.minimum.reduce(limits))


def _limit_kw(storage: Storage) -> Array:
    return np.maximum(storage.charge_limit_kw, storage.discharge_limit_kw)
