"""Reports of a year: what dbt takes to build and test them all, and a single day of them again.

    python -m benchmarks.reports --devices 100 --days 365

Sites of four devices, planned and measured in quarter-hours, on an embedded server that is thrown away. Filling the
tables is not timed. dbt runs two models at once, each in a backend of the server, so CPU is that of this process and of
all processes of the server. Importing dbt and parsing the project come once, before all days, and are stated apart.
"""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from importlib import import_module
from time import perf_counter

from sqlalchemy import text

from benchmarks.clocks import Clocks, Spent
from benchmarks.warehouse_to_warehouse import server
from flex_pipeline.defs import dbt_project
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine

FIRST = date(2025, 1, 1)
DEVICES_A_SITE = 4
MOST_SECONDS, MOST_SECONDS_A_DAY = 60, 3
FILL = (
    "insert into flex.portfolio_version (content_hash, content) values ('benchmark', '{}')",
    """
        insert into flex.site
        select 'site-' || i, 'Europe/Amsterdam', 'EUR', 'default', null, null, true, 1
        from generate_series(1, :sites) as i
    """,
    """
        insert into flex.device
        select site_id || '/' || i, site_id, i::text, 'storage', i::text, '{}', true, 1
        from flex.site, generate_series(1, :devices) as i
    """,
    """
        insert into flex.schedule_run (
            site_id, date, planning_time, belief_time, input_hash, version_id, problem, status, horizon_start,
            horizon_end, energy_cost, total_cost
        )
        select site_id, d, d - interval '11 hours', d - interval '11 hours', '', 1, '{}', 'optimal', d, d + 2, 1, 1
        from flex.site, generate_series(:first, :last, interval '1 day') as g (at), lateral (select at::date as d) as t
    """,
    """
        insert into flex.device_plan (run_id, device_id, status, soc_start_kwh, soc_end_kwh, baseline_soc_end_kwh)
        select run_id, device_id, 'optimal', 5, 5, 5
        from flex.schedule_run join flex.device using (site_id)
    """,
    """
        insert into flex.site_plan
        select
            run_id, at, at + interval '15 minutes', 0.3, 0.1, 1, sin(extract(hour from at)) + 1,
            0, 0, 17, 17
        from flex.schedule_run, lateral generate_series(
            date::timestamp at time zone 'Europe/Amsterdam',
            (date + 1)::timestamp at time zone 'Europe/Amsterdam' - interval '15 minutes', interval '15 minutes'
        ) as at
    """,
    """
        insert into flex.schedule
        select
            run_id, device_id, event_start, event_end,
            sin(extract(hour from event_start) + right(device_id, 1)::int), 5, cos(extract(hour from event_start)), 5
        from flex.site_plan join flex.device_plan using (run_id)
    """,
    """
        update flex.site_plan as p set
            net_power_kw = inflexible_consumption_kw - inflexible_production_kw + s.power_kw,
            baseline_net_power_kw = inflexible_consumption_kw - inflexible_production_kw + s.baseline_power_kw
        from (
            select run_id, event_start, sum(power_kw) as power_kw, sum(baseline_power_kw) as baseline_power_kw
            from flex.schedule group by run_id, event_start
        ) as s
        where s.run_id = p.run_id and s.event_start = p.event_start
    """,
    """
        insert into flex.site_outcome (
            site_id, commodity, date, event_start, event_end, consumption_price, production_price,
            inflexible_consumption_kw, inflexible_production_kw
        )
        select
            site_id, 'electricity', date, event_start, event_end, consumption_price, production_price,
            1.1 * inflexible_consumption_kw, inflexible_production_kw
        from flex.schedule_run join flex.site_plan using (run_id)
    """,
    """
        insert into flex.device_outcome
        select device_id, date, event_start, event_end, 0.9 * power_kw, soc_kwh
        from flex.schedule_run join flex.schedule using (run_id)
    """,
    """
        insert into flex.forecast_band
        select
            run_id, event_start, 0.8 * inflexible_consumption_kw, 1.2 * inflexible_consumption_kw,
            0.8 * inflexible_production_kw, 1.2 * inflexible_production_kw
        from flex.site_plan
    """,
    """
        insert into flex.alternative
        select run_id, 'charge at once', device_id, event_start, event_end, baseline_power_kw, 5 from flex.schedule
    """,
    "vacuum analyze",  # as the server does by itself after a minute
)


def fill(connection: Connection, devices: int, last: date) -> int:
    """Store plans and what came of them; gives the rows of flex.schedule."""
    given = {"sites": devices // DEVICES_A_SITE, "devices": DEVICES_A_SITE, "first": FIRST, "last": last}
    with engine(connection).connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        for statement in FILL:
            session.execute(
                text(statement), {name: v for name, v in given.items() if f":{name}" in statement}
            )
        return int(session.execute(text("select count(*) from flex.schedule")).scalar_one())


def build(connection: Connection, first: date, last: date, slowest: int) -> Spent:
    """Print what dbt takes, and what takes longest of it."""
    clocks = Clocks(connection)
    results = dbt_project.build(first.isoformat(), last.isoformat(), connection.dbt_environment)
    spent = clocks.read()
    print(f"{first} to {last}: {spent}")
    for result in sorted(results, key=lambda each: -each.seconds)[:slowest]:
        print(f"  {result.seconds:6.2f} s  {result.unique_id.split('.')[2]}")
    for result in results:
        if result.failed:
            print(f"  {result}")
    return spent


def prepare(connection: Connection) -> None:
    """Print what comes once a process, importing dbt, and once a version of the project, parsing it."""
    clocks = Clocks(connection)
    import_module("dbt.cli.main")
    import_module("dbt.adapters.postgres")
    print(f"dbt imported: {clocks.read()}")
    clocks = Clocks(connection)
    dbt_project.prepare()
    print(f"project parsed, or found parsed: {clocks.read()}")


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--slowest", type=int, default=12, help="how many models and tests to list")
    given = parser.parse_args()
    last = FIRST + timedelta(days=given.days - 1)
    with server() as connection:
        began = perf_counter()
        rows = fill(connection, given.devices, last)
        print(f"{given.devices} devices, {rows:,} device steps, filled in {perf_counter() - began:.0f} s")
        prepare(connection)
        print("the last day, and the tables made:")
        build(connection, last, last, 0)
        print("all days:")
        year = build(connection, FIRST, last, given.slowest)
        print("the last day again:")
        day = build(connection, last, last, given.slowest)
    judge(f"{given.days} days of {given.devices} devices", year.wall_s, MOST_SECONDS, "s")
    judge(f"a day of {given.devices} devices", day.cpu_s, MOST_SECONDS_A_DAY, "s of CPU")


def judge(what: str, measured: float, most: float, unit: str) -> None:
    """Print whether a bar is reached."""
    print(f"{'pass' if measured < most else 'FAIL'}  {what}: {measured:.1f} {unit}, below {most}")


if __name__ == "__main__":
    main()
