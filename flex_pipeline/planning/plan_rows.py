"""From a site-day to the rows of its plan: solved, with what would be without flexibility, or blocked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from flex_pipeline.planning.flows import fixed_flow
from flex_pipeline.planning.overnight import after_day, planned_names, whole_power, with_overnight
from flex_pipeline.planning.site_day import SiteDay
from flex_pipeline.portfolio.flex_context import ELECTRICITY, by_commodity
from flex_pipeline.portfolio.portfolio import Device
from flex_pipeline.scheduling import Problem, ProblemError, Schedule, baseline, read_problem, solve
from flex_pipeline.scheduling.problem import Group, Meter, Site, SoftLimit
from flex_pipeline.timeseries.grid import Grid
from flex_pipeline.warehouse.plans import Plan

Array = NDArray[np.float64]

UTC_TIME = pl.Datetime("us", "UTC")
# of a device from one day to the next
CARRIED = ("soc_start_kwh", "soc_end_kwh", "baseline_soc_end_kwh", "overnight_kw", "baseline_overnight_kw")
WORTHLESS = 1e-9  # currency per unit of a limit: rounding of the solver


def plan_of(site_day: SiteDay) -> Plan:
    """Solve a site-day, and tell what it would do without flexibility. What is no problem blocks its devices."""
    if site_day.problem is None:
        return blocked_plan(site_day)
    try:
        problem = read_problem(site_day.problem)
    except ProblemError as error:
        return blocked_plan(site_day.refused(str(error)))
    passive = baseline(_passive(problem, site_day.problem, site_day))
    solved = Solved(site_day, site_day.problem, problem, solve(problem), passive)
    return Plan(
        _run(site_day) | solved.facts,
        solved.device_rows(),
        solved.device_steps(),
        solved.site_steps(),
        solved.commodity_steps(),
        solved.group_steps(),
        solved.group_members(),
        solved.cost_terms(),
        solved.shadow_prices(),
        [
            {"sensor": o.sensor, "origin": o.origin, "rule": o.rule, "steps": o.steps}
            for o in site_day.origins
        ],
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
        "read_at": site_day.read_at,
        "input_hash": site_day.input_hash,
        "problem": site_day.inputs,
        "horizon_start": site_day.seen.start,
        "horizon_end": site_day.seen.end,
    }


def _blocked_rows(site_day: SiteDay) -> list[dict[str, Any]]:
    stock = site_day.stock_run_ids
    reasons = ((device, site_day.reasons[device.device_id]) for device in site_day.site.devices)
    return [
        _device_row(device, "blocked", reason=why, stock_run_id=stock.get(device.device_id))
        for device, why in reasons
        if why
    ]


def _device_row(device: Device, status: str, **known: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("reason", *CARRIED))
    commodity = device.flex_model.get("commodity", ELECTRICITY)
    owner = device.shares_stock_of
    return {
        "device_id": device.device_id,
        "status": status,
        "commodity": commodity,
        "shares_stock_of": None if owner is None else f"{device.site_id}/{owner}",
        **empty,
        **known,
    }


def _passive(problem: Problem, given: Mapping[str, Any], site_day: SiteDay) -> Problem:
    """The same problem with what the days before leave when nothing is flexible: stocks, and processes that run on."""
    if site_day.baseline_overnight_kw:
        problem = read_problem(with_overnight(given, site_day.devices, site_day.baseline_overnight_kw))
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
            "emissions_cost": costs.emissions,
            "total_cost": costs.total,
            "emissions_kg": None if schedule.emissions_kg is None else schedule.emissions_kg.total,
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
            planned, passive = self.schedule.devices[device.name], self.passive.devices[device.name]
            carried: dict[str, Any] = {"stock_run_id": self.site_day.stock_run_ids.get(device.device_id)}
            if planned.soc_kwh is not None and passive.soc_kwh is not None:
                carried["soc_start_kwh"] = float(planned.soc_kwh[0])
                carried["soc_end_kwh"] = float(planned.soc_kwh[self.n])
                carried["baseline_soc_end_kwh"] = float(passive.soc_kwh[self.n])
            if device.type == "process":
                carried["overnight_kw"] = after_day(planned.power_kw, self.n)
                carried["baseline_overnight_kw"] = after_day(passive.power_kw, self.n)
            rows.append(_device_row(device, self.status, **carried))
        return rows

    def device_steps(self) -> pl.DataFrame:
        """The rows of flex.schedule: one for each planned device and step."""
        site_id = self.site_day.site.site_id
        passive = device_steps(site_id, self.passive, self.n)
        return device_steps(site_id, self.schedule, self.n).with_columns(
            baseline_power_kw=passive["power_kw"], baseline_soc_kwh=passive["soc_kwh"]
        )

    def site_steps(self) -> pl.DataFrame:
        """The rows of flex.site_plan: one for each step."""
        return rows_of(
            self._connection(
                self.problem.site,
                self.schedule.site_power_kw,
                self.passive.site_power_kw,
                self.schedule.marginal_price,
            )
        )

    def commodity_steps(self) -> pl.DataFrame:
        """The rows of flex.commodity_plan: one for each commodity other than electricity and step."""
        frames = []
        for site in self.problem.others:
            planned = self.schedule.commodities[site.commodity]
            passive_kw = self.passive.commodities[site.commodity].power_kw
            columns = self._connection(site, planned.power_kw, passive_kw, planned.marginal_price)
            frames.append(rows_of({"commodity": np.repeat([site.commodity], self.n)} | columns))
        return pl.concat(frames) if frames else pl.DataFrame()

    def group_steps(self) -> pl.DataFrame:
        """The rows of flex.group_plan: one for each group and step."""
        frames = []
        for group in self._groups:
            powers = {
                "net_power_kw": self.schedule.groups[group.name],
                "baseline_net_power_kw": self.passive.groups[group.name],
                **_capacities(group),
            }
            steps = self._times() | {name: values[: self.n] for name, values in powers.items()}
            frames.append(rows_of({"group_name": np.repeat([group.name], self.n)} | steps))
        return pl.concat(frames) if frames else pl.DataFrame()

    def group_members(self) -> pl.DataFrame:
        """The rows of flex.group_member: one for each group and planned device inside it."""
        ids = {device.name: device.device_id for device in self.site_day.devices}
        # a run of the night before counts as its process
        inside = [
            (group.name, ids[name]) for group in self._groups for name in sorted(group.members & ids.keys())
        ]
        return pl.DataFrame(inside, schema={"group_name": pl.String, "device_id": pl.String}, orient="row")

    def cost_terms(self) -> pl.DataFrame:
        """The rows of flex.cost_term: one for each thing that is paid for; those of one name are one."""
        costs: dict[tuple[str, str], float] = {}
        for term in self.schedule.cost_terms:
            costs[term.component, term.name] = costs.get((term.component, term.name), 0.0) + term.cost
        return pl.DataFrame(
            {
                "component": [component for component, _ in costs],
                "name": [name for _, name in costs],
                # nine decimals, as in the JSON of a schedule: what a solver leaves of a zero is a zero
                "cost": [round(cost, 9) for cost in costs.values()],
            }
        )

    def shadow_prices(self) -> pl.DataFrame:
        """The rows of flex.shadow_price: one for each limit and step at which more of it is worth something.

        A commodity without a connection has no limit that could be wider: its marginal price says what it is worth.
        """
        closed = {site.commodity for site in self.problem.others if not _is_open(site)}
        prices = [price for price in self.schedule.shadow_prices if price.component not in closed]
        starts = self._times()["event_start"]
        worth = np.array([price.values[: self.n] for price in prices]).reshape(len(prices), self.n)
        limit, step = np.nonzero(worth > WORTHLESS)
        return rows_of(
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

    @property
    def _groups(self) -> list[Group]:
        """Those that have a name: a commitment about some devices is a group of its own to the engine."""
        return [group for group in self.problem.groups if group.name in self.schedule.groups]

    def _connection(
        self, site: Site, net_kw: Array, passive_kw: Array, marginal_price: Array | None
    ) -> dict[str, NDArray[Any]]:
        """What is told of a connection in each step of the day, by column."""
        contexts = by_commodity(self.given["flex_context"], "").values()
        (context,) = (c for c in contexts if c.get("commodity", ELECTRICITY) == site.commodity)
        intensity = site.intensity
        columns = {
            "consumption_price": site.consumption_price,
            "production_price": site.production_price,
            "inflexible_consumption_kw": fixed_flow(context, "consumption", self.problem.grid),
            "inflexible_production_kw": fixed_flow(context, "production", self.problem.grid),
            "net_power_kw": net_kw,
            "baseline_net_power_kw": passive_kw,
            **_capacities(site),
            "marginal_price": self._unknown if marginal_price is None else _finite(marginal_price),
            "consumption_emissions": self._unknown if intensity is None else intensity.consumption,
            "production_emissions": self._unknown if intensity is None else intensity.production,
        }
        return self._times() | {name: values[: self.n] for name, values in columns.items()}


def device_steps(site_id: str, schedule: Schedule, n: int) -> pl.DataFrame:
    """What each planned device does in the first n steps: device_id, event_start, event_end, power_kw, soc_kwh.

    The stock is that at the end of a step; null for a device without one.
    """
    names = planned_names(schedule)
    stocks = [schedule.devices[name].soc_kwh for name in names]
    nothing = np.full(n, np.nan)
    return rows_of(
        {"device_id": np.repeat([f"{site_id}/{name}" for name in names], n)}
        | {name: np.tile(times, len(names)) for name, times in _times(schedule.grid, n).items()}
        | {
            "power_kw": np.concatenate([whole_power(schedule, name)[:n] for name in names]),
            "soc_kwh": np.concatenate([nothing if s is None else s[1 : n + 1] for s in stocks]),
        }
    )


def _times(grid: Grid, n: int) -> dict[str, NDArray[np.datetime64]]:
    return {"event_start": grid.starts[:n], "event_end": grid.edges[1 : n + 1]}


def rows_of(columns: Mapping[str, NDArray[Any] | list[Any]]) -> pl.DataFrame:
    """Rows of a table: times in UTC, and null for NaN."""
    times = {name: UTC_TIME for name in columns if name.startswith("event_")}
    return pl.DataFrame(columns, schema_overrides=times, nan_to_null=True)


def _capacities(meter: Meter) -> dict[str, Array]:
    """The bounds (T,) on the net power of a connection or a group both ways, hard or soft; NaN where there is none."""
    return {
        "consumption_capacity_kw": _finite(_strictest(meter.import_limit_kw, meter.import_soft)),
        "production_capacity_kw": _finite(_strictest(meter.export_limit_kw, meter.export_soft)),
    }


def _is_open(site: Site) -> bool:
    return bool(site.import_limit_kw.any() or site.export_limit_kw.any())


def _strictest(hard: Array, soft: SoftLimit | None) -> Array:
    return hard if soft is None else np.minimum(hard, soft.limit)


def _finite(values: Array) -> Array:
    """NaN where there is no bound."""
    return np.where(np.isfinite(values), values, np.nan)
