"""What the reports say of a site, read from the marts: the page shows their numbers and makes none of its own."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import Engine, text

from flex_pipeline.planning.marts import COMPONENTS, read
from flex_pipeline.plots.page import Rows
from flex_pipeline.plots.schedule import bounds_of
from flex_pipeline.plots.site_report import SiteReport
from flex_pipeline.warehouse.plans import NotStoredError

OF_PERIOD = "where site_id = :site and date between :first and :last"
QUERIES = {
    "days": f"select * from reports.site_cost_daily {OF_PERIOD} order by date",
    "savings": f"""
        select baseline, sum(baseline_energy_cost) as baseline_energy_cost, sum(saving) as saving,
            (array_agg(stock_difference_value order by date desc))[1] as stock_difference_value
        from reports.saving_daily {OF_PERIOD} group by baseline order by baseline
    """,
    "self_consumption": f"""
        select way, sum(consumed_kwh) as consumed_kwh, sum(produced_kwh) as produced_kwh,
            100 * sum(own_use_kwh) / nullif(sum(produced_kwh), 0) as self_consumption,
            100 * sum(own_use_kwh) / nullif(sum(consumed_kwh), 0) as self_sufficiency
        from reports.self_consumption_daily {OF_PERIOD} group by way order by way
    """,
    "devices": f"""
        select device_id, sum(consumed_kwh) as consumed_kwh, sum(produced_kwh) as produced_kwh,
            sum(energy_cost) as energy_cost, sum(profit) as profit
        from reports.device_energy_daily {OF_PERIOD} group by device_id order by device_id
    """,
    "limits": f"""
        select component, family, unit, sum(binding_steps) as binding_steps, sum(value) as value
        from reports.flexibility_value_daily {OF_PERIOD}
        group by component, family, unit order by value desc limit 10
    """,
    "faults": """
        select q.sensor, q.date, q.errors, q.repairs, q.warnings
        from reports.data_quality_daily as q join flex.sensor as s using (sensor_id)
        where coalesce(s.site_id, :site) = :site and q.date between :first and :last
            and q.errors + q.repairs + q.warnings > 0
        order by q.date, q.sensor
    """,
}
STEPS = f"""
    select s.*, h.consumption_capacity_kw, h.production_capacity_kw, h.net_power_low_kw, h.net_power_high_kw
    from reports.site_step as s
    join (select * from reports.headroom {OF_PERIOD}) as h using (site_id, event_start)
    where s.site_id = :site and s.date between :first and :last
    order by event_start
"""
DEVICE_STEPS = f"select * from reports.device_step {OF_PERIOD} order by device_id, event_start"
# as they were when the day was planned
STORAGES = """
    select
        p.date, p.site_id || '/' || (device ->> 'name') as device_id,
        jsonb_build_object(
            'soc-min', coalesce(device #> '{flex_model,soc-min}', '"0 kWh"'),
            'soc-max', device #> '{flex_model,soc-max}',
            'soc-unit', device #> '{flex_model,soc-unit}'
        ) as flex_model
    from flex.current_plan as p
    join flex.schedule_run as r using (run_id), jsonb_array_elements(r.problem #> '{problem,devices}') as device
    where p.site_id = :site and p.date between :first and :last and device #> '{flex_model,soc-max}' is not null
"""


def site_report(engine: Engine, site_id: str, first: date, last: date) -> SiteReport:
    """What the reports say of a site from one local day to another. NotStoredError when they say nothing."""
    period = {"site": site_id, "first": first, "last": last}
    with engine.connect() as session:
        found = {name: read(session, query, **period) for name, query in QUERIES.items()}
        if not found["days"]:
            raise NotStoredError(
                f"the reports have nothing of {site_id} from {first} to {last}; make them with flex-pipeline backfill"
            )
        (site,) = read(session, "select timezone from flex.site where site_id = :site", site=site_id)
        return SiteReport(
            site_id=site_id,
            timezone=ZoneInfo(site["timezone"]),
            first=first,
            last=last,
            currency=found["days"][0]["currency"],
            components=read(session, COMPONENTS, **period),
            steps=_frame(session, STEPS, period),
            device_steps=_frame(session, DEVICE_STEPS, period),
            soc_bounds_kwh=_soc_bounds_kwh(read(session, STORAGES, **period)),
            **found,
        )


def _soc_bounds_kwh(storages: Rows) -> dict[tuple[date, str], tuple[float, float]]:
    """soc-min and soc-max by day and device, of those that have them."""
    bounds = {(row["date"], row["device_id"]): bounds_of(row["flex_model"]) for row in storages}
    return {key: pair for key, pair in bounds.items() if pair is not None}


def _frame(session: Session, query: str, period: dict[str, Any]) -> pl.DataFrame:
    found = session.execute(text(query), period)
    return pl.DataFrame(found.all(), schema=list(found.keys()), orient="row", infer_schema_length=None)
