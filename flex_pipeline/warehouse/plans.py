"""Plans of site-days: identified by the hash of their inputs, replaced as a whole."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import text

from flex_pipeline.warehouse.database import copy_frame
from flex_pipeline.warehouse.recording import EVER

RUN_COLUMNS = (
    "site_id, date, planning_time, belief_time, read_at, input_hash, version_id, problem, status, reason, "
    "horizon_start, horizon_end, energy_cost, breach_cost, peak_cost, commitment_cost, wear_cost, terminal_cost, "
    "plugin_cost, emissions_cost, total_cost, emissions_kg, primal_violation, bound, gap, build_seconds, "
    "solve_seconds, variables, binaries, diagnosis"
)
DEVICE_COLUMNS = (
    "run_id, device_id, status, reason, commodity, soc_start_kwh, soc_end_kwh, baseline_soc_end_kwh, stock_run_id, "
    "overnight_kw, baseline_overnight_kw, shares_stock_of"
)
SCHEDULE_COLUMNS = (
    "run_id, device_id, event_start, event_end, power_kw, soc_kwh, baseline_power_kw, baseline_soc_kwh"
)
SITE_COLUMNS = (
    "run_id, event_start, event_end, consumption_price, production_price, inflexible_consumption_kw, "
    "inflexible_production_kw, net_power_kw, baseline_net_power_kw, consumption_capacity_kw, "
    "production_capacity_kw, marginal_price, consumption_emissions, production_emissions"
)
COMMODITY_COLUMNS = f"{SITE_COLUMNS}, commodity"
GROUP_COLUMNS = (
    "run_id, group_name, event_start, event_end, net_power_kw, baseline_net_power_kw, "
    "consumption_capacity_kw, production_capacity_kw"
)
MEMBER_COLUMNS = "run_id, group_name, device_id"
COST_COLUMNS = "run_id, component, name, cost"
SHADOW_COLUMNS = "run_id, component, family, event_start, value, unit"

INPUTS = text("""
    insert into flex.plan_input (run_id, sensor_id, origin, rule, steps)
    select i.run_id, n.sensor_id, i.origin, i.rule, i.steps
    from unnest(
        cast(:run_id as bigint[]), cast(:sensor as text[]), cast(:origin as text[]), cast(:rule as text[]),
        cast(:steps as integer[])
    ) as i (run_id, sensor, origin, rule, steps)
    join flex.sensor as n on n.name = i.sensor
""")

# any number, but the same in every process: with the hash of a site-day it keeps two from storing its plan at once
PLAN_LOCK = 7_306


class NotStoredError(LookupError):
    """A plan or forecast that was never made, or was deleted."""


@dataclass(frozen=True)
class StoredRun:
    """What a plan says of its inputs."""

    run_id: int
    planning_time: datetime
    read_at: datetime  # by the warehouse's clock: what was recorded later was not read
    version_id: int
    input_hash: str
    problem: Mapping[str, Any]  # its inputs, as they were stored
    blocked: Mapping[str, str]  # the devices that were left out, and why


@dataclass(frozen=True)
class Plan:
    """One plan of a site-day, as it is stored: the run, its devices, what it pays for, and the steps of the day."""

    run: Mapping[str, Any]  # the columns of flex.schedule_run
    devices: Sequence[Mapping[str, Any]]
    schedule: pl.DataFrame = field(default_factory=pl.DataFrame)
    site: pl.DataFrame = field(default_factory=pl.DataFrame)
    commodities: pl.DataFrame = field(default_factory=pl.DataFrame)
    groups: pl.DataFrame = field(default_factory=pl.DataFrame)
    group_members: pl.DataFrame = field(default_factory=pl.DataFrame)
    cost_terms: pl.DataFrame = field(default_factory=pl.DataFrame)
    shadow_prices: pl.DataFrame = field(default_factory=pl.DataFrame)
    inputs: Sequence[Mapping[str, Any]] = ()  # sensor, origin, rule, steps


def lock_site_days(session: Session, site_ids: Collection[str], day: date) -> None:
    """Wait until no other transaction is storing plans of some sites for a day, and be the one until the end."""
    # in one order, lest two planners wait for each other
    session.execute(
        text("""
            select pg_advisory_xact_lock(:lock, site_day) from (
                select distinct hashtext(site_id || ' ' || :date) as site_day
                from unnest(cast(:sites as text[])) as site_id
                order by 1
            ) as asked
        """),
        {"lock": PLAN_LOCK, "sites": list(site_ids), "date": str(day)},
    )


def stored_inputs(session: Session, keys: Collection[tuple[str, str]], day: date) -> set[tuple[str, str]]:
    """Of some site ids and input hashes, those of which there is a plan for a day."""
    found = session.execute(
        text("""
            select site_id, input_hash from flex.schedule_run
            join unnest(cast(:sites as text[]), cast(:hashes as text[])) as k (site_id, input_hash)
                using (site_id, input_hash)
            where date = :date
        """),
        {"sites": [site for site, _ in keys], "hashes": [key for _, key in keys], "date": day},
    )
    return {(row.site_id, row.input_hash) for row in found}


def confirm_plans(
    session: Session, keys: Collection[tuple[str, str]], day: date, belief_time: datetime
) -> set[tuple[str, str]]:
    """Put the plans made of some inputs in force, where there are any; gives those: they need not be solved."""
    found = session.execute(
        text("""
            update flex.schedule_run as r set belief_time = greatest(r.belief_time, :belief_time)
            from unnest(cast(:sites as text[]), cast(:hashes as text[])) as k (site_id, input_hash)
            where r.date = :date and r.site_id = k.site_id and r.input_hash = k.input_hash
            returning r.site_id, r.input_hash
        """),
        {
            "sites": [site for site, _ in keys],
            "hashes": [key for _, key in keys],
            "date": day,
            "belief_time": belief_time,
        },
    )
    return {(row.site_id, row.input_hash) for row in found}


def replace_plans(session: Session, plans: Sequence[Plan]) -> None:
    """Store plans and put them in force, in the session's transaction; older plans stay as history."""
    run_ids = [_insert_run(session, plan.run) for plan in plans]
    devices = [
        {**dict.fromkeys(DEVICE_COLUMNS.split(", ")), **device, "run_id": run_id}
        for run_id, plan in zip(run_ids, plans, strict=True)
        for device in plan.devices
    ]
    if devices:
        parameters = ", ".join(f":{name}" for name in DEVICE_COLUMNS.split(", "))
        session.execute(
            text(f"insert into flex.device_plan ({DEVICE_COLUMNS}) values ({parameters})"), devices
        )
    _insert_inputs(session, dict(zip(run_ids, [plan.inputs for plan in plans], strict=True)))
    for table, columns, frames in (
        ("flex.schedule", SCHEDULE_COLUMNS, [plan.schedule for plan in plans]),
        ("flex.site_plan", SITE_COLUMNS, [plan.site for plan in plans]),
        ("flex.commodity_plan", COMMODITY_COLUMNS, [plan.commodities for plan in plans]),
        ("flex.group_plan", GROUP_COLUMNS, [plan.groups for plan in plans]),
        ("flex.group_member", MEMBER_COLUMNS, [plan.group_members for plan in plans]),
        ("flex.cost_term", COST_COLUMNS, [plan.cost_terms for plan in plans]),
        ("flex.shadow_price", SHADOW_COLUMNS, [plan.shadow_prices for plan in plans]),
    ):
        _copy_rows(session, table, columns, {i: f for i, f in zip(run_ids, frames, strict=True) if f.height})


def _insert_inputs(session: Session, of_runs: Mapping[int, Sequence[Mapping[str, Any]]]) -> None:
    """Store where the values of some runs, by their id, come from."""
    rows = [{**given, "run_id": run_id} for run_id, inputs in of_runs.items() for given in inputs]
    if rows:
        names = ("run_id", "sensor", "origin", "rule", "steps")
        session.execute(INPUTS, {name: [row[name] for row in rows] for name in names})


def _copy_rows(session: Session, table: str, columns: str, frames: Mapping[int, pl.DataFrame]) -> None:
    """Load the rows of some runs, by their id, into a table."""
    if frames:
        run_ids = np.repeat(list(frames), [frame.height for frame in frames.values()])
        rows = pl.concat(frames.values()).with_columns(run_id=run_ids).select(columns.split(", "))
        copy_frame(session, table, columns, rows.write_csv(include_header=False).encode())


def _insert_run(session: Session, run: Mapping[str, Any]) -> int:
    names = RUN_COLUMNS.split(", ")
    values = ", ".join(f"cast(:{name} as jsonb)" if name == "problem" else f":{name}" for name in names)
    run_id: int = session.execute(
        text(f"insert into flex.schedule_run ({RUN_COLUMNS}) values ({values}) returning run_id"),
        {name: run.get(name) for name in names} | {"problem": json.dumps(run["problem"])},
    ).scalar_one()
    return run_id


def read_run(session: Session, site_id: str, day: date, run_id: int | None = None) -> StoredRun | None:
    """A plan of a site-day, else the one in force; None when there is none."""
    found = session.execute(
        text("""
            select run_id, planning_time, coalesce(read_at, :ever) as read_at, version_id, input_hash, problem
            from flex.schedule_run
            where site_id = :site_id and date = :date and run_id = coalesce(:run, run_id)
            order by belief_time desc, run_id desc limit 1
        """),
        {"site_id": site_id, "date": day, "run": run_id, "ever": EVER},
    ).first()
    if found is None:
        return None
    left_out = session.execute(
        text("select device_id, reason from flex.device_plan where run_id = :run and status = 'blocked'"),
        {"run": found.run_id},
    )
    return StoredRun(**found._mapping, blocked={row.device_id: row.reason for row in left_out})


def read_device_days(session: Session, site_id: str, day: date) -> list[dict[str, Any]]:
    """Per device of the plan in force: its status, reason and the plan's costs and solver facts."""
    found = session.execute(
        text("""
            select
                d.device_id, d.status, coalesce(d.reason, p.reason) as reason, p.diagnosis, p.run_id, p.planning_time,
                p.horizon_end, p.total_cost, p.gap, p.primal_violation, p.build_seconds, p.solve_seconds,
                p.variables, p.binaries
            from flex.current_plan as p join flex.device_plan as d using (run_id)
            where p.site_id = :site_id and p.date = :date
            order by d.device_id
        """),
        {"site_id": site_id, "date": day},
    )
    return [dict(row) for row in found.mappings()]


def read_device_steps(session: Session, site_id: str, day: date) -> pl.DataFrame:
    """The steps of the plan in force: event_start, device_id, powers, stocks, and the prices (currency per kWh) of
    what the device takes and gives, its commodity."""
    found = session.execute(
        text("""
            select
                s.device_id, d.commodity, s.event_start, s.event_end, s.power_kw, s.soc_kwh, s.baseline_power_kw,
                coalesce(o.consumption_price, e.consumption_price), coalesce(o.production_price, e.production_price),
                case when o.run_id is null then e.marginal_price else o.marginal_price end
            from flex.current_plan as p
            join flex.schedule as s using (run_id)
            join flex.device_plan as d using (run_id, device_id)
            join flex.site_plan as e using (run_id, event_start)
            left join flex.commodity_plan as o
                on o.run_id = p.run_id and o.commodity = d.commodity and o.event_start = s.event_start
            where p.site_id = :site_id and p.date = :date
            order by s.device_id, s.event_start
        """),
        {"site_id": site_id, "date": day},
    )
    numbers = (
        *("power_kw", "soc_kwh", "baseline_power_kw"),
        *("consumption_price", "production_price", "marginal_price"),
    )
    return plan_frame(found.all(), ("device_id", "commodity", "event_start", "event_end", *numbers))


def read_limits(session: Session, site_id: str, day: date) -> list[dict[str, Any]]:
    """What the limits of a site and its devices are worth in the plan in force, most first, in currency per unit.

    `worth` is the sum over the `steps` in which a limit binds, `highest` the most that one step has.
    """
    found = session.execute(
        text("""
            select
                component, family, unit, count(*) as steps, sum(value) as worth, max(value) as highest
            from flex.current_shadow_price
            where site_id = :site_id and date = :date
            group by component, family, unit
            order by worth desc, component, family
        """),
        {"site_id": site_id, "date": day},
    )
    return [dict(row) for row in found.mappings()]


def read_inputs(session: Session, site_id: str, day: date) -> list[dict[str, Any]]:
    """Where the values come from that the plan in force was made from: sensor, origin, rule, steps of the day."""
    found = session.execute(
        text("""
            select sensor, origin, rule, steps from flex.current_plan_input
            where site_id = :site_id and date = :date
            order by sensor, origin, rule
        """),
        {"site_id": site_id, "date": day},
    )
    return [dict(row) for row in found.mappings()]


def read_connection_steps(session: Session, site_id: str, day: date) -> pl.DataFrame:
    """The steps of each connection in the plan in force: commodity, and the columns of flex.site_plan but its run."""
    names = SITE_COLUMNS.split(", ")[1:]
    found = session.execute(
        text(f"""
            select commodity, {", ".join(names)} from flex.current_connection
            where site_id = :site_id and date = :date
            order by commodity, event_start
        """),
        {"site_id": site_id, "date": day},
    )
    return plan_frame(found.all(), ("commodity", *names))


def read_group_steps(session: Session, site_id: str, day: date) -> pl.DataFrame:
    """The steps of each group in the plan in force, once for each device inside it: device_id, then what is told of
    the group."""
    names = ("group_name", "event_start", "net_power_kw", "consumption_capacity_kw", "production_capacity_kw")
    found = session.execute(
        text(f"""
            select m.device_id, {", ".join(names)}
            from flex.current_plan as p
            join flex.group_member as m using (run_id)
            join flex.group_plan as g using (run_id, group_name)
            where p.site_id = :site_id and p.date = :date
            order by m.device_id, group_name, event_start
        """),
        {"site_id": site_id, "date": day},
    )
    return plan_frame(found.all(), ("device_id", *names))


def read_cost_terms(session: Session, site_id: str, day: date) -> list[dict[str, Any]]:
    """What the plan in force pays for, the dearest first: component, name, cost, currency."""
    found = session.execute(
        text("""
            select component, name, cost, currency from flex.current_cost_term
            where site_id = :site_id and date = :date
            order by cost desc, component, name
        """),
        {"site_id": site_id, "date": day},
    )
    return [dict(row) for row in found.mappings()]


def plan_frame(rows: Sequence[Any], names: Sequence[str]) -> pl.DataFrame:
    """Rows as a frame: times in UTC, names as text, and all else as numbers."""
    kinds: dict[str, Any] = dict.fromkeys(("event_start", "event_end"), pl.Datetime("us", "UTC"))
    kinds |= dict.fromkeys(("device_id", "commodity", "group_name"), pl.String)
    schema = {name: kinds.get(name, pl.Float64) for name in names}
    return pl.DataFrame(rows, schema=schema, orient="row")
