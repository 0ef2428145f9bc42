"""Planning a site-day: what is believed becomes a problem, the problem a plan, the plan rows in the warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import numpy as np
import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from flex_pipeline.planning.checking import blocked_on
from flex_pipeline.planning.horizon import Horizon, horizon
from flex_pipeline.planning.problem import NoValuesError, Values, input_hash, site_problem
from flex_pipeline.portfolio.portfolio import Device, Portfolio, Site
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.scheduling import Problem, ProblemError, Schedule, baseline, read_problem, solve
from flex_pipeline.timeseries.variable_quantity import parse_variable_quantity
from flex_pipeline.warehouse.beliefs import read_as_of
from flex_pipeline.warehouse.plans import Plan, StoredStock, confirm_plan, read_stock, replace_plan

How = Literal["solved", "confirmed", "blocked"]


@dataclass(frozen=True)
class Outcome:
    """What came of planning a site-day. `confirmed`: the same inputs had been solved before."""

    site_id: str
    day: date
    how: How
    status: str
    reason: str | None
    solve_seconds: float = 0.0


@dataclass(frozen=True)
class Planner:
    """Plans site-days of one portfolio version, as of each day's planning time."""

    engine: Engine
    portfolio: Portfolio
    version_id: int

    def plan(self, site_id: str, day: date, now: datetime) -> Outcome:
        """Plan all devices of a site for a day, and put the plan in force in one transaction.

        Devices with faulty inputs are left out, marked blocked with the reason, and the others are planned.
        """
        site = self.portfolio.site(site_id)
        seen = horizon(self.portfolio.settings, site.timezone, day, now)
        with self.engine.begin() as session:
            blocked = blocked_on(session, self.portfolio, day)
            reasons = {
                d.device_id: blocked.reason if blocked.date else blocked.devices.get(d.device_id)
                for d in site.devices
            }
            devices = [device for device in site.devices if not reasons[device.device_id]]
            if not devices:
                return self._block(session, site, day, seen, now, reasons)
            stock = read_stock(session, site_id, day)
            try:
                mapping = site_problem(
                    site,
                    devices,
                    self._values(session, site, devices, seen),
                    seen,
                    {name: held.soc_kwh for name, held in stock.items()},
                )
                problem = read_problem(mapping)
            except (NoValuesError, ProblemError) as error:
                return self._block(
                    session,
                    site,
                    day,
                    seen,
                    now,
                    {d.device_id: reasons[d.device_id] or str(error) for d in site.devices},
                )
            inputs = {
                "problem": mapping,
                "blocked": {k: v for k, v in reasons.items() if v},
                "baseline": {k: held.baseline_soc_kwh for k, held in stock.items()},
            }
            key = input_hash(inputs)
            if confirm_plan(session, site_id, day, key, now):
                return Outcome(site_id, day, "confirmed", "confirmed", None)
            schedule = solve(problem)
            without = baseline(read_problem(_starting_with(mapping, devices, stock)))
            run = self._run(site_id, day, seen, now, key, inputs) | _facts(schedule)
            replace_plan(
                session, _plan(run, site, devices, reasons, problem, mapping, schedule, without, seen)
            )
        return Outcome(site_id, day, "solved", schedule.status, schedule.diagnosis, run["solve_seconds"])

    def _values(self, session: Session, site: Site, devices: list[Device], seen: Horizon) -> Values:
        used = sorted(site.sensors.union(*(device.sensors for device in devices)))
        # from an hour before: a coarser price may begin before the day does
        beliefs = read_as_of(session, used, seen.start - timedelta(hours=1), seen.end, seen.planning_time)
        parts = beliefs.partition_by("sensor", as_dict=True)
        held = {name: parts.get((name,), beliefs.clear()) for name in used}
        for name in used:
            if (sensor := self.portfolio.sensors[name]).is_sparse:
                held[name] = _asked(held[name], sensor, seen.planning_time)
        return Values(self.portfolio, held)

    def _run(
        self, site_id: str, day: date, seen: Horizon, now: datetime, key: str, inputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {
            "site_id": site_id,
            "date": day,
            "planning_time": seen.planning_time,
            "belief_time": now,
            "input_hash": key,
            "version_id": self.version_id,
            "problem": inputs,
            "horizon_start": seen.start,
            "horizon_end": seen.end,
        }

    def _block(
        self,
        session: Session,
        site: Site,
        day: date,
        seen: Horizon,
        now: datetime,
        reasons: Mapping[str, str | None],
    ) -> Outcome:
        """A plan that says why there is none; it takes the place of an older one, made on better data or worse."""
        reason = "; ".join(sorted({why for why in reasons.values() if why}))
        inputs = {"problem": None, "blocked": dict(reasons), "baseline": {}}
        key = input_hash(inputs)
        if not confirm_plan(session, site.site_id, day, key, now):
            run = self._run(site.site_id, day, seen, now, key, inputs) | {
                "status": "blocked",
                "reason": reason,
            }
            devices = [_device_row(d.device_id, "blocked", reasons[d.device_id]) for d in site.devices]
            replace_plan(session, Plan(run, devices, pl.DataFrame(), pl.DataFrame()))
        return Outcome(site.site_id, day, "blocked", "blocked", reason)


def _asked(beliefs: pl.DataFrame, sensor: Sensor, planning_time: datetime) -> pl.DataFrame:
    """Without what was forecast of steps that are known by now: they may ask for nothing."""
    known = [sensor.knows(step, planning_time) for step in beliefs["event_start"]]
    return beliefs.filter(~pl.Series(known, dtype=pl.Boolean) | (pl.col("source_type") == "reading"))


def _starting_with(
    mapping: Mapping[str, Any], devices: list[Device], stock: Mapping[str, StoredStock]
) -> dict[str, Any]:
    """The same problem with the stock that the days before leave when nothing is flexible."""
    described = []
    for device, given in zip(devices, mapping["devices"], strict=True):
        held = stock.get(device.device_id)
        start = (
            {"soc-at-start": f"{held.baseline_soc_kwh:.9g} kWh"}
            if held and device.shares_stock_of is None
            else {}
        )
        described.append(given | {"flex_model": given["flex_model"] | start})
    return {**mapping, "devices": described}


def _facts(schedule: Schedule) -> dict[str, Any]:
    costs = schedule.costs
    return {
        "status": "fallback" if schedule.fallback_used else schedule.status,
        "reason": "; ".join(filter(None, (schedule.diagnosis, *schedule.notices))) or None,
        "energy_cost": costs.energy,
        "breach_cost": costs.breaches,
        "peak_cost": costs.peaks,
        "commitment_cost": costs.commitments,
        "wear_cost": costs.wear,
        "total_cost": costs.total,
        "primal_violation": schedule.certificate.primal_violation,
        "bound": schedule.certificate.bound,
        "gap": schedule.certificate.gap,
        "build_seconds": schedule.effort.build_seconds,
        "solve_seconds": schedule.effort.solve_seconds,
        "variables": schedule.effort.variables,
        "binaries": schedule.effort.binaries,
    }


def _plan(
    run: dict[str, Any],
    site: Site,
    devices: list[Device],
    reasons: Mapping[str, str | None],
    problem: Problem,
    mapping: Mapping[str, Any],
    schedule: Schedule,
    without: Schedule,
    seen: Horizon,
) -> Plan:
    n = (seen.day_end - seen.start) // problem.grid.resolution
    steps = {
        "event_start": pl.Series(problem.grid.starts[:n]).dt.replace_time_zone("UTC"),
        "event_end": pl.Series(problem.grid.edges[1 : n + 1]).dt.replace_time_zone("UTC"),
    }
    rows = [
        _device_row(d.device_id, "blocked", reasons[d.device_id]) for d in site.devices if d not in devices
    ]
    parts = []
    for device in devices:
        planned, passive = schedule.devices[device.name], without.devices[device.name]
        soc, passive_soc = planned.soc_kwh, passive.soc_kwh
        rows.append(
            _device_row(device.device_id, run["status"], None)
            | {
                "soc_start_kwh": None if soc is None else float(soc[0]),
                "soc_end_kwh": None if soc is None else float(soc[n]),
                "baseline_soc_end_kwh": None if passive_soc is None else float(passive_soc[n]),
            }
        )
        columns = {
            "power_kw": planned.power_kw[:n],
            "soc_kwh": None if soc is None else soc[1 : n + 1],
            "baseline_power_kw": passive.power_kw[:n],
            "baseline_soc_kwh": None if passive_soc is None else passive_soc[1 : n + 1],
        }
        parts.append(
            pl.DataFrame(steps).with_columns(
                pl.lit(device.device_id).alias("device_id"),
                *(
                    pl.Series(k, v, pl.Float64) if v is not None else pl.lit(None, pl.Float64).alias(k)
                    for k, v in columns.items()
                ),
            )
        )
    return Plan(run, rows, pl.concat(parts), _site_steps(steps, problem, mapping, schedule, without, n))


def _site_steps(
    steps: Mapping[str, pl.Series],
    problem: Problem,
    mapping: Mapping[str, Any],
    schedule: Schedule,
    without: Schedule,
    n: int,
) -> pl.DataFrame:
    limits = {
        "consumption_capacity_kw": np.minimum(problem.site.import_limit_kw, _soft(problem.site.import_soft)),
        "production_capacity_kw": np.minimum(problem.site.export_limit_kw, _soft(problem.site.export_soft)),
    }
    columns = {
        "consumption_price": problem.site.consumption_price,
        "production_price": problem.site.production_price,
        "inflexible_consumption_kw": _flow(problem, mapping, "inflexible-consumption"),
        "inflexible_production_kw": _flow(problem, mapping, "inflexible-production"),
        "net_power_kw": schedule.site_power_kw,
        "baseline_net_power_kw": without.site_power_kw,
        **limits,
        "marginal_price": schedule.marginal_price,
    }
    frame = pl.DataFrame(steps).with_columns(pl.Series(k, v[:n], pl.Float64) for k, v in columns.items())
    return frame.with_columns(
        pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name)
        for name in (*limits, "marginal_price")
    )


def _soft(limit: Any) -> Any:
    return np.inf if limit is None else limit.limit


def _flow(problem: Problem, mapping: Mapping[str, Any], field: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The sum of the fixed flows of one direction, kW."""
    parts = [
        parse_variable_quantity(given, "power").on(problem.grid)
        for given in mapping["flex_context"].get(field, [])
    ]
    return np.sum(parts, axis=0) if parts else np.zeros(problem.grid.n)


def _device_row(device_id: str, status: str, reason: str | None) -> dict[str, Any]:
    empty = dict.fromkeys(("soc_start_kwh", "soc_end_kwh", "baseline_soc_end_kwh"))
    return {"device_id": device_id, "status": status, "reason": reason, **empty}
