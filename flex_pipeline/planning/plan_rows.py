"""From a site-day to the rows of its plan: solved, with what would be without flexibility, or blocked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from flex_pipeline.planning.site_day import SiteDay
from flex_pipeline.portfolio.flex_context import with_electricity
from flex_pipeline.scheduling import Problem, ProblemError, Schedule, baseline, read_problem, solve
from flex_pipeline.scheduling.problem import SoftLimit
from flex_pipeline.timeseries.grid import Grid
from flex_pipeline.timeseries.variable_quantity import parse_variable_quantity
from flex_pipeline.warehouse.plans import Plan

Array = NDArray[np.float64]

UTC_TIME = pl.Datetime("us", "UTC")
WORTHLESS = 1e-9  # currency per unit of a limit: rounding of the solver


def plan_of(site_day: SiteDay) -> Plan:
    """Solve a site-day, and tell what it would do without flexibility. What is no problem blocks its devices."""
    if site_day.problem is None:
        return blocked_plan(site_day)
    try:
        problem = read_problem(site_day.problem)
    except ProblemError as error:
        return blocked_plan(site_day.refused(str(error)))
    passive = baseline(_starting_with(problem, site_day))
    solved = Solved(site_day, site_day.problem, problem, solve(problem), passive)
    return Plan(
        _run(site_day) | solved.facts,
        solved.device_rows(),
        solved.device_steps(),
        solved.site_steps(),
        solved.shadow_prices(),
    )


def blocked_plan(site_day: SiteDay) -> Plan:
    """A plan that says why there is none; it takes the place of an older one, made on better data or worse."""
    reason = "; ".join(sorted({why for why in site_day.reasons.values() if why}))
    run = _run(site_day) | {"status": "blocked", "reason": reason}
    return Plan(run, _blocked_rows(site_day))


def _run(site_day: SiteDay) -> dict[str, Any]:
    return {
        "site_id": site_day.site.site_id,
        "date": site_day.day,
        "planning_time": site_day.seen.planning_time,
        "input_hash": site_day.input_hash,
        "problem": site_day.inputs,
        "horizon_start": site_day.seen.start,
        "horizon_end": site_day.seen.end,
    }


def _blocked_rows(site_day: SiteDay) -> list[dict[str, Any]]:
    return [_device_row(d, "blocked", reason=why) for d, why in site_day.reasons.items() if why]


def _device_row(device_id: str, status: str, **known: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("reason", "soc_start_kwh", "soc_end_kwh", "baseline_soc_end_kwh"))
    return {"device_id": device_id, "status": status, **empty, **known}


def _starting_with(problem: Problem, site_day: SiteDay) -> Problem:
    """The same problem with the stock that the days before leave when nothing is flexible."""
    held = {
        device.name: site_day.baseline_soc_kwh[device.device_id]
        for device in site_day.devices
        if device.device_id in site_day.baseline_soc_kwh
    }
    stocks = (replace(s, start_kwh=held[s.name]) if s.name in held else s for s in problem.stocks)
    return replace(problem, stocks=tuple(stocks))


@dataclass(frozen=True)
class Solved:
    """A solved site-day. Only the steps of the day are stored, not those of the look-ahead."""

    site_day: SiteDay
    given: Mapping[str, Any]  # the problem file of `problem`
    problem: Problem
    schedule: Schedule
    passive: Schedule  # without flexibility

    @property
    def n(self) -> int:
        """The number of steps of the day."""
        seen = self.site_day.seen
        return (seen.day_end - seen.start) // self.problem.grid.resolution

    @property
    def status(self) -> str:
        """How the plan came about."""
        return "fallback" if self.schedule.fallback_used else self.schedule.status

    @property
    def facts(self) -> dict[str, Any]:
        """The columns of flex.schedule_run that the solver fills in."""
        schedule, costs, effort = self.schedule, self.schedule.costs, self.schedule.effort
        return {
            "status": self.status,
            "reason": "; ".join((*schedule.notices, *self.site_day.notices)) or None,
            "diagnosis": schedule.diagnosis,
            "energy_cost": costs.energy,
            "breach_cost": costs.breaches,
            "peak_cost": costs.peaks,
            "commitment_cost": costs.commitments,
            "wear_cost": costs.wear,
            "terminal_cost": costs.terminal,
            "plugin_cost": costs.plugins,
            "total_cost": costs.total,
            "primal_violation": schedule.certificate.primal_violation,
            "bound": schedule.certificate.bound,
            "gap": schedule.certificate.gap,
            "build_seconds": effort.build_seconds,
            "solve_seconds": effort.solve_seconds,
            "variables": effort.variables,
            "binaries": effort.binaries,
        }

    def device_rows(self) -> list[dict[str, Any]]:
        """A row of flex.device_plan for each device of the site."""
        rows = _blocked_rows(self.site_day)
        for device in self.site_day.devices:
            soc = self.schedule.devices[device.name].soc_kwh
            passive = self.passive.devices[device.name].soc_kwh
            stock = {
                "soc_start_kwh": None if soc is None else float(soc[0]),
                "soc_end_kwh": None if soc is None else float(soc[self.n]),
                "baseline_soc_end_kwh": None if passive is None else float(passive[self.n]),
            }
            rows.append(_device_row(device.device_id, self.status, **stock))
        return rows

    def device_steps(self) -> pl.DataFrame:
        """The rows of flex.schedule: one for each planned device and step."""
        passive = device_steps(self.site_day, self.passive, self.n)
        return device_steps(self.site_day, self.schedule, self.n).with_columns(
            baseline_power_kw=passive["power_kw"], baseline_soc_kwh=passive["soc_kwh"]
        )

    def site_steps(self) -> pl.DataFrame:
        """The rows of flex.site_plan: one for each step."""
        site, schedule = self.problem.site, self.schedule
        columns = {
            "consumption_price": site.consumption_price,
            "production_price": site.production_price,
            "inflexible_consumption_kw": self._flow("inflexible-consumption"),
            "inflexible_production_kw": self._flow("inflexible-production"),
            "net_power_kw": schedule.site_power_kw,
            "baseline_net_power_kw": self.passive.site_power_kw,
            "consumption_capacity_kw": _finite(_strictest(site.import_limit_kw, site.import_soft)),
            "production_capacity_kw": _finite(_strictest(site.export_limit_kw, site.export_soft)),
            "marginal_price": self._unknown
            if schedule.marginal_price is None
            else _finite(schedule.marginal_price),
        }
        return _rows(self._times() | {name: values[: self.n] for name, values in columns.items()})

    def shadow_prices(self) -> pl.DataFrame:
        """The rows of flex.shadow_price: one for each limit and step at which more of it is worth something."""
        prices, starts = self.schedule.shadow_prices, self._times()["event_start"]
        worth = np.array([price.values[: self.n] for price in prices]).reshape(len(prices), self.n)
        limit, step = np.nonzero(worth > WORTHLESS)
        return _rows(
            {
                "component": [prices[i].component for i in limit],
                "family": [prices[i].family for i in limit],
                "event_start": starts[step],
                "value": worth[limit, step],
                "unit": [f"{self.problem.currency}/{prices[i].per}" for i in limit],
            }
        )

    def _times(self) -> dict[str, NDArray[np.datetime64]]:
        return _times(self.problem.grid, self.n)

    @property
    def _unknown(self) -> Array:
        return np.full(self.problem.grid.n, np.nan)

    def _flow(self, field: str) -> Array:
        """The sum of the fixed flows of one direction (T,), kW."""
        grid = self.problem.grid
        given = with_electricity(self.given["flex_context"]).get(field, [])
        return sum((parse_variable_quantity(flow, "power").on(grid) for flow in given), np.zeros(grid.n))


def device_steps(site_day: SiteDay, schedule: Schedule, n: int) -> pl.DataFrame:
    """What each planned device does in the first n steps: device_id, event_start, event_end, power_kw, soc_kwh.

    The stock is that at the end of a step; null for a device without one.
    """
    devices = site_day.devices
    planned = [schedule.devices[device.name] for device in devices]
    nothing = np.full(n, np.nan)
    return _rows(
        {"device_id": np.repeat([device.device_id for device in devices], n)}
        | {name: np.tile(times, len(devices)) for name, times in _times(schedule.grid, n).items()}
        | {
            "power_kw": np.concatenate([device.power_kw[:n] for device in planned]),
            "soc_kwh": np.concatenate(
                [nothing if device.soc_kwh is None else device.soc_kwh[1 : n + 1] for device in planned]
            ),
        }
    )


def _times(grid: Grid, n: int) -> dict[str, NDArray[np.datetime64]]:
    return {"event_start": grid.starts[:n], "event_end": grid.edges[1 : n + 1]}


def _rows(columns: Mapping[str, NDArray[Any] | list[str]]) -> pl.DataFrame:
    """Rows of a table: times in UTC, and null for NaN."""
    times = {name: UTC_TIME for name in columns if name.startswith("event_")}
    return pl.DataFrame(columns, schema_overrides=times, nan_to_null=True)


def _strictest(hard: Array, soft: SoftLimit | None) -> Array:
    return hard if soft is None else np.minimum(hard, soft.limit)


def _finite(values: Array) -> Array:
    """NaN where there is no bound."""
    return np.where(np.isfinite(values), values, np.nan)
