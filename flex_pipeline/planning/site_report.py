"""What the reports say of a site, read from the marts: the page shows their numbers and makes none of its own."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from flex_pipeline.plots.site_report import Rows, SiteReport
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


def site_report(engine: Engine, site_id: str, first: date, last: date) -> SiteReport:
    """What the reports say of a site from one local day to another. NotStoredError when they say nothing."""
    period = {"site": site_id, "first": first, "last": last}
    with engine.connect() as session:
        try:
            found = {name: _rows(session, query, period) for name, query in QUERIES.items()}
        except ProgrammingError as error:
            reason = str(error.orig).splitlines()[0]
            raise NotStoredError(
                f"the reports are not there, or old: {reason}; make them with flex-pipeline run"
            ) from error
        if not found["days"]:
            raise NotStoredError(
                f"the reports have nothing of {site_id} from {first} to {last}; make them with flex-pipeline backfill"
            )
        timezone: str = session.execute(
            text("select timezone from flex.site where site_id = :site"), period
        ).scalar_one()
        return SiteReport(
            site_id=site_id,
            timezone=ZoneInfo(timezone),
            first=first,
            last=last,
            currency=found["days"][0]["currency"],
            steps=_frame(session, STEPS, period),
            device_steps=_frame(session, DEVICE_STEPS, period),
            **found,
        )


def _rows(session: Session, query: str, period: dict[str, Any]) -> Rows:
    return [dict(row) for row in session.execute(text(query), period).mappings()]


def _frame(session: Session, query: str, period: dict[str, Any]) -> pl.DataFrame:
    found = session.execute(text(query), period)
    return pl.DataFrame(found.all(), schema=list(found.keys()), orient="row", infer_schema_length=None)
