"""A plan: what every device does, and whether it may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.addition import Added
from flex_pipeline.scheduling.costs import (
    Breach,
    Costs,
    CostTerm,
    connection_terms,
    device_breaches,
    emitted_kg,
    group_terms,
    meter_breaches,
    stock_path,
    terminal_terms,
    wear_terms,
)
from flex_pipeline.scheduling.problem import Coupling, Meter, Problem, Stock, Storage, added_up
from flex_pipeline.scheduling.process import Runs

Array = NDArray[np.float64]

BOTH_WAYS = 1e-6  # kW of charging and discharging at once that counts as rounding


@dataclass(frozen=True)
class Plan:
    """Charging and discharging of each storage, (T,) in kW, and the runs of each process."""

    problem: Problem
    charge_kw: list[Array]
    discharge_kw: list[Array]
    process_runs: list[Runs]
    added: tuple[Added, ...] = ()

    @cached_property
    def process_kw(self) -> list[Array]:
        """Power of each process (T,)."""
        found = zip(self.problem.processes, self.process_runs, strict=True)
        return [process.power(runs) for process, runs in found]

    @cached_property
    def power_kw(self) -> dict[str, Array]:
        """Power of each device that was decided (T,), consumption positive."""
        ways = zip(self.problem.storages, self.charge_kw, self.discharge_kw, strict=True)
        power = {storage.name: charge - discharge for storage, charge, discharge in ways}
        power |= {p.name: kw for p, kw in zip(self.problem.processes, self.process_kw, strict=True)}
        return power | {a.device: a.power_kw for a in self.added if a.power_kw is not None}

    def at(self, meter: Meter) -> Array:
        """Power of a connection or a group (T,), consumption positive."""
        return meter.fixed_kw + added_up(self.power_kw, self.problem.members(meter), self.problem.grid.n)

    @cached_property
    def net_kw(self) -> Array:
        """Net electric power of the site (T,), consumption positive."""
        return self.at(self.problem.site)

    @cached_property
    def soc_kwh(self) -> list[Array]:
        """State of charge of each stock at the T + 1 instants."""
        paths = []
        for k, stock in enumerate(self.problem.stocks):
            devices = zip(self.problem.storages, self.charge_kw, self.discharge_kw, strict=True)
            paths.append(stock_path(stock, [(s, c, d) for s, c, d in devices if s.stock == k]))
        return paths

    @cached_property
    def breaches(self) -> tuple[Breach, ...]:
        """Soft statements that are not kept."""
        meters, hours = self.problem.meters, self.problem.grid.hours
        found = [breach for meter in meters for breach in meter_breaches(meter, self.at(meter), hours)]
        return (*found, *device_breaches(self.problem, self.charge_kw, self.discharge_kw, self.soc_kwh))

    @cached_property
    def terms(self) -> tuple[CostTerm, ...]:
        """What the plan costs, one by one."""
        return tuple(self._terms())

    @cached_property
    def costs(self) -> Costs:
        """What the plan costs, by component."""
        return Costs.of(self.terms)

    @cached_property
    def emitted_kg(self) -> Array:
        """CO2 of all connections in each step, (T,)."""
        found = (emitted_kg(self.problem, site, self.at(site)) for site in self.problem.connections)
        return sum(found, np.zeros(self.problem.grid.n))

    @property
    def objective(self) -> float:
        """What was minimised, in currency: the costs, and what CO2 counts beyond them."""
        weight = self.problem.emissions.weight
        return self.costs.total + (weight * float(self.emitted_kg.sum()) if weight else 0.0)

    def _terms(self) -> Iterator[CostTerm]:
        for site in self.problem.connections:
            yield from connection_terms(self.problem.at(site), self.at(site))
        for group in self.problem.groups:
            yield from group_terms(self.problem, group, self.at(group))
        yield from (CostTerm("breaches", breach.name, breach.cost) for breach in self.breaches)
        yield from wear_terms(self.problem, self.charge_kw, self.discharge_kw)
        yield from terminal_terms(self.problem, self.soc_kwh)
        yield from (
            CostTerm("plugins", f"{added.device}: plugin", added.cost) for added in self.added if added.cost
        )

    def both_ways(self) -> frozenset[tuple[str, int]]:
        """(name, step) wherever a storage charges and discharges at once."""
        return frozenset(
            (storage.name, int(t))
            for storage, charge, discharge in zip(
                self.problem.storages, self.charge_kw, self.discharge_kw, strict=True
            )
            for t in np.flatnonzero(np.minimum(charge, discharge) > BOTH_WAYS)
        )

    @cached_property
    def violation(self) -> float:
        """By how much the plan is infeasible: the largest violation of a hard constraint, in kW, kWh or kg."""
        return max((float(np.max(v, initial=0.0)) for v in self._violations()), default=0.0)

    def _violations(self) -> Iterator[Array]:
        for meter in self.problem.meters:
            net = self.at(meter)
            yield net - meter.import_limit_kw
            yield -net - meter.export_limit_kw
        yield from self._budget_violations()
        for storage, charge, discharge in zip(
            self.problem.storages, self.charge_kw, self.discharge_kw, strict=True
        ):
            yield from _storage_violations(storage, charge, discharge)
        for stock, soc in zip(self.problem.stocks, self.soc_kwh, strict=True):
            yield from _stock_violations(stock, soc[1:])
        yield from self._process_violations()
        for coupling in self.problem.couplings:
            yield from _coupling_violations(coupling, self.power_kw)
        yield np.array([added.violation for added in self.added])

    def _budget_violations(self) -> Iterator[Array]:
        aim = self.problem.emissions
        if aim.budget_kg is not None:
            yield self.emitted_kg.sum(keepdims=True) - aim.budget_kg
        if aim.daily_budget_kg is not None:
            yield np.add.reduceat(self.emitted_kg, list(self.problem.days)) - aim.daily_budget_kg

    def _process_violations(self) -> Iterator[Array]:
        """Steps or runs too many or too few, times the power."""
        ended = {
            process.name: max((run.end for run in runs), default=0)
            for process, runs in zip(self.problem.processes, self.process_runs, strict=True)
        }
        for process, runs in zip(self.problem.processes, self.process_runs, strict=True):
            late = [ended[name] - runs[0].first for name in process.after if runs and name in ended]
            yield process.power_kw * np.array([*process.violations(runs), *late], float)


def _storage_violations(storage: Storage, charge: Array, discharge: Array) -> Iterator[Array]:
    yield -charge
    yield -discharge
    yield charge - storage.charge_limit_kw
    yield discharge - storage.discharge_limit_kw
    yield np.minimum(charge, discharge)
    if storage.charge_minimum_kw is not None:
        yield np.minimum(charge, storage.charge_minimum_kw - charge)
    if storage.modes_kw:
        power = charge - discharge
        outside = [np.maximum(low - power, power - high) for low, high in storage.modes_kw]
        yield np.minimum.reduce(outside)


def _stock_violations(stock: Stock, soc: Array) -> Iterator[Array]:
    yield stock.floor_kwh - soc
    yield soc - stock.ceiling_kwh
    if stock.minima is not None and stock.minima.price is None:
        yield np.nan_to_num(stock.minima.kwh - soc)
    if stock.maxima is not None and stock.maxima.price is None:
        yield np.nan_to_num(soc - stock.maxima.kwh)
    if stock.targets is not None and stock.targets.price is None:
        yield np.nan_to_num(np.abs(stock.targets.kwh - soc))


def _coupling_violations(coupling: Coupling, power_kw: dict[str, Array]) -> Iterator[Array]:
    (first, unit), *others = coupling.coefficients.items()
    level = power_kw[first] / unit
    yield -level
    for name, coefficient in others:
        yield np.abs(power_kw[name] - coefficient * level)
