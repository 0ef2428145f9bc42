"""What days cost besides energy, and what that is told from: the flows of plans, and peaks of earlier days."""

from __future__ import annotations

from datetime import date

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import text

from flex_pipeline.warehouse.plans import plan_frame

COLUMNS = (
    "run_id, way, commodity, billing_period, peak_cost, breach_cost, commitment_cost, wear_cost, emissions_cost, "
    "peak_consumption_kw, peak_production_kw, stock_kwh"
)


def read_connections(session: Session, run_id: int) -> pl.DataFrame:
    """The net power of each connection in a plan: commodity, net_power_kw, baseline_net_power_kw, by time."""
    names = ("commodity", "net_power_kw", "baseline_net_power_kw")
    found = session.execute(
        text("""
            select commodity, net_power_kw, baseline_net_power_kw from (
                select 'electricity' as commodity, event_start, net_power_kw, baseline_net_power_kw
                from flex.site_plan where run_id = :run
                union all
                select commodity, event_start, net_power_kw, baseline_net_power_kw
                from flex.commodity_plan where run_id = :run
            ) as steps
            order by commodity, event_start
        """),
        {"run": run_id},
    )
    return plan_frame(found.all(), names)


def read_devices(session: Session, run_id: int) -> pl.DataFrame:
    """Powers and stocks of each device in a plan: device_id, and the columns of flex.schedule, by time."""
    names = ("device_id", "power_kw", "soc_kwh", "baseline_power_kw", "baseline_soc_kwh")
    found = session.execute(
        text(
            f"select {', '.join(names)} from flex.schedule where run_id = :run order by device_id, event_start"
        ),
        {"run": run_id},
    )
    return plan_frame(found.all(), names)


def read_peaks(
    session: Session, site_id: str, first: date, day: date
) -> dict[tuple[str, str], tuple[float, float]]:
    """The highest net consumption and production, kW, of the days from `first` on and before another.

    By way and commodity, of the plans in force. Realised is as planned on days that are not measured in full.
    """
    found = session.execute(
        text("""
            with days as (
                select c.*
                from flex.current_plan as p join flex.day_cost as c using (run_id)
                where p.site_id = :site_id and p.date >= :first and p.date < :date
            ),

            realised as (
                select distinct on (run_id, commodity) * from days
                where way in ('realised', 'planned')
                order by run_id, commodity, way = 'realised' desc
            )

            select way, commodity, max(peak_consumption_kw), max(peak_production_kw) from (
                select way, commodity, peak_consumption_kw, peak_production_kw from days where way <> 'realised'
                union all
                select 'realised', commodity, peak_consumption_kw, peak_production_kw from realised
            ) as ways
            group by way, commodity
        """),
        {"site_id": site_id, "first": first, "date": day},
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in found}
