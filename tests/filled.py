"""A warehouse with something in every report: last month, this week, and tomorrow."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine, migrate
from tests.dbt_reports.plans import Reports, Step, gather, store_sites

TODAY = datetime.now(UTC).date()
LAST_MONTH = TODAY.replace(day=1) - timedelta(days=10)
BATTERY = "home-01/battery"
HOURS = {
    7: Step(load_kw=1, devices_kw={"home-01/washer": 2}),
    12: Step(load_kw=1, pv_kw=4, devices_kw={BATTERY: 2}),
    18: Step(load_kw=6, devices_kw={BATTERY: -1.5}, baseline_kw={"home-01/washer": 2}),
    20: Step(load_kw=8),
}
MEASURED = """
    insert into flex.site_outcome
    select r.site_id, 'electricity', r.date, s.event_start, s.event_end, s.consumption_price, s.production_price,
        1.1 * s.inflexible_consumption_kw, s.inflexible_production_kw, 0.4, 0.4
    from flex.current_plan as r join flex.site_plan as s using (run_id) where r.date < current_date;
    insert into flex.device_outcome
    select s.device_id, r.date, s.event_start, s.event_end, 0.9 * s.power_kw, 5
    from flex.current_plan as r join flex.schedule as s using (run_id)
    where r.date < current_date and s.device_id = 'home-01/battery';
    insert into flex.forecast_band
    select run_id, event_start, 0.8 * inflexible_consumption_kw, 1.2 * inflexible_consumption_kw,
        0.7 * inflexible_production_kw, inflexible_production_kw
    from flex.site_plan;
    insert into flex.day_cost
    select run_id, way, 'electricity', date_trunc('month', date), peak, 0, 0, 0.1, 0, 8, 3, stock
    from flex.current_plan,
        (values ('planned', 0.5, 5), ('no flexibility', 0.8, 5), ('realised', 0.6, 4.8)) as w (way, peak, stock)
    where status <> 'blocked' and (way <> 'realised' or date < current_date);
    insert into flex.shadow_price
    select run_id, 'site', 'site_import_limit', event_start, 0.05, 'EUR/kW' from flex.site_plan
    where inflexible_consumption_kw = 8;
    update flex.schedule_run set energy_cost = 1.5, peak_cost = 0.5;
    update flex.site_plan set consumption_emissions = 0.4, production_emissions = 0.4;
    insert into flex.forecast_value (
        run_id, site_id, date, input_hash, planned_cost, perfect_cost, departed_kwh, followed_energy_cost, horizon_end,
        computed_at
    )
    select run_id, site_id, date, '', 5, 4, 0, 2.5, now(), now() from flex.current_plan where date < current_date;
    update flex.schedule set soc_kwh = 5.2 where device_id = 'home-01/battery';
    update flex.schedule_run set problem = '{"problem": {"devices": [
        {"name": "battery", "flex_model": {"soc-min": "10%", "soc-max": "10 kWh"}}, {"name": "washer", "flex_model": {}}
    ]}}' where site_id = 'home-01';
    insert into flex.sensor (name, site_id, kind, unit, resolution, active, version_id) values
        ('price', null, 'price', 'EUR/MWh', '1 hour', true, 1),
        ('home-01.load', 'home-01', 'load', 'kW', '1 hour', true, 1);
    insert into flex.pipeline_run values
        ('a', 'plan', 'failure', current_date - 1, current_date, 4, now(), now(), now() - interval '4 s', now(), 'why');
    insert into flex.asset_success values ('schedules', now() - interval '2 hours', null);
    insert into flex.aggregate values ('home-01.room', 'home-01', 'Europe/Amsterdam', 'kW', 17, '1 hour', 1);
    insert into flex.aggregate_weight values ('home-01.room', 'home-01.load', -1);
    insert into flex.forecast_accuracy
    select sensor_id, current_date - 1, 'live', 'seasonal naive', 6, hour, '', 4, 0.2, 0.1, 0.05, 0.8, 0.3, now()
    from flex.sensor, generate_series(0, 23) as hour;
    insert into flex.data_quality
    select sensor_id, current_date, 'completeness', 'repair', false, '23 of 24', '[]', now() from flex.sensor;
    insert into flex.reading_day select sensor_id, current_date, 23, 1, 2, null from flex.sensor;
    insert into flex.source (type, name) values ('reading', 'meter');
    select flex.ensure_belief_months(now() - interval '2 days', now() + interval '2 days');
    insert into flex.belief
    select s.sensor_id, t.event_start, current_date - interval '1 day', o.source_id, 0.5, 50
    from flex.sensor as s, flex.source as o,
        generate_series(current_date::timestamptz - interval '3 hours', now(), '1 hour') as t (event_start);
    insert into flex.sensor_source select distinct sensor_id, source_id from flex.belief;
    insert into flex.sensor (name, site_id, kind, unit, resolution, active, version_id) values
        ('home-01.pv', 'home-01', 'pv', 'kW', '1 hour', true, 1)
"""


@pytest.fixture(scope="session")
def filled(server: Connection) -> Iterator[Reports]:
    """Reports of hand-made plans; the newest day is replaced once, and another blocked."""
    fresh = server.warehouse.at(f"test_{secrets.token_hex(6)}")
    name = sql.Identifier(fresh.name)
    with psycopg.connect(server.warehouse.at("postgres").url(), autocommit=True) as session:
        session.execute(sql.SQL("CREATE DATABASE {}").format(name))
        connection = Connection(fresh, fresh)
        migrate(connection)
        with engine(connection).begin() as stored:
            store_sites(stored)
        reports = Reports(connection)
        _fill(reports)
        yield reports
        engine(connection).dispose()
        session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _fill(reports: Reports) -> None:
    days: list[date] = [LAST_MONTH, *(TODAY + timedelta(days=i) for i in (-2, -1, 0, 1))]
    for day in days:
        reports.plan("home-01", day, HOURS, capacity_kw=8.0)
    replaced = {**HOURS, 3: Step(devices_kw={BATTERY: 1})}
    reports.plan("home-01", days[-1], replaced, capacity_kw=8.0, believed=datetime(2026, 10, 21, tzinfo=UTC))
    reports.plan("mill-01", TODAY, {}, status="blocked")
    gather(reports, 10.0)
    reports.execute(MEASURED)
    failed = [result for result in reports.build(LAST_MONTH, days[-1]).values() if result.failed]
    assert not failed
