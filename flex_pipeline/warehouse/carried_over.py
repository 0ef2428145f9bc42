"""What the plans of earlier days leave to a day: stocks, processes that run on, and the peaks that were reached."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import Row, text

from flex_pipeline.warehouse.plans import plan_frame

PLANS_BEFORE_A_RUN = """(
    select distinct on (site_id, date) * from flex.schedule_run where run_id < :run
    order by site_id, date, belief_time desc, run_id desc
)"""

OVERNIGHT = "select d.device_id, d.overnight_kw, d.baseline_overnight_kw from flex.device_plan as d"
ANY_OVERNIGHT = "num_nonnulls(d.overnight_kw, d.baseline_overnight_kw) > 0"


@dataclass(frozen=True)
class StoredStock:
    """The energy a device holds at the end of a planned day, and would hold without flexibility."""

    soc_kwh: float
    baseline_soc_kwh: float
    run_id: int  # the plan that says so


@dataclass(frozen=True)
class StoredOvernight:
    """What a process that runs over midnight draws in the first steps of a day, in kW."""

    power_kw: Sequence[float]
    baseline_power_kw: Sequence[float]  # without flexibility


def read_stock(session: Session, site_ids: Collection[str], day: date) -> dict[str, StoredStock]:
    """What the devices of some sites hold before a day, by the last plan in force that has them; others lack."""
    found = session.execute(
        text("""
            select distinct on (d.device_id) d.device_id, d.soc_end_kwh, d.baseline_soc_end_kwh, d.run_id
            from flex.current_plan as p join flex.device_plan as d using (run_id)
            where p.site_id = any(:sites) and p.date < :date and d.soc_end_kwh is not null
            order by d.device_id, p.date desc
        """),
        {"sites": list(site_ids), "date": day},
    )
    return _stocks(found)


def read_stock_of(session: Session, run_id: int) -> dict[str, StoredStock]:
    """The same as a plan has read it: by the plans that it names."""
    found = session.execute(
        text("""
            select b.device_id, b.soc_end_kwh, b.baseline_soc_end_kwh, b.run_id
            from flex.device_plan as d
            join flex.device_plan as b on b.run_id = d.stock_run_id and b.device_id = d.device_id
            where d.run_id = :run
        """),
        {"run": run_id},
    )
    return _stocks(found)


def _stocks(rows: Iterable[Row[tuple[str, float, float, int]]]) -> dict[str, StoredStock]:
    return {row.device_id: StoredStock(row.soc_end_kwh, row.baseline_soc_end_kwh, row.run_id) for row in rows}


def read_overnight(
    session: Session, site_ids: Collection[str], day: date, run_id: int | None = None
) -> dict[str, StoredOvernight]:
    """What the plans of the day before have some processes draw on a day, by device; others lack.

    With `run_id`, by the plans that there were when that one was made.
    """
    plans = "flex.current_plan" if run_id is None else PLANS_BEFORE_A_RUN
    found = session.execute(
        text(f"""
            {OVERNIGHT} join {plans} as p using (run_id)
            where p.site_id = any(:sites) and p.date = :date - 1 and {ANY_OVERNIGHT}
        """),
        {"sites": list(site_ids), "date": day, "run": run_id},
    )
    return _overnights(found)


def read_overnight_of(session: Session, run_id: int) -> dict[str, StoredOvernight]:
    """What a plan has some processes draw on the day after, by device; others lack."""
    found = session.execute(text(f"{OVERNIGHT} where run_id = :run and {ANY_OVERNIGHT}"), {"run": run_id})
    return _overnights(found)


def _overnights(rows: Iterable[Row[tuple[str, list[float], list[float]]]]) -> dict[str, StoredOvernight]:
    return {
        row.device_id: StoredOvernight(row.overnight_kw or (), row.baseline_overnight_kw or ())
        for row in rows
    }


def read_net_power(
    session: Session, site_id: str, first: date, day: date, run_id: int | None = None
) -> pl.DataFrame:
    """What a site takes by the plans of the days from `first` on and before another: each connection and step.

    Columns commodity, event_start, net_power_kw and fixed_kw, consumption positive. With `run_id`, by the plans that
    there were when that one was made.
    """
    plans = "flex.current_plan" if run_id is None else PLANS_BEFORE_A_RUN
    steps = "event_start, net_power_kw, inflexible_consumption_kw - inflexible_production_kw as fixed_kw"
    found = session.execute(
        text(f"""
            with plans as (
                select run_id from {plans} as p where site_id = :site_id and date >= :first and date < :date
            )
            select 'electricity' as commodity, {steps} from plans join flex.site_plan using (run_id)
            union all
            select commodity, {steps} from plans join flex.commodity_plan using (run_id)
        """),
        {"site_id": site_id, "first": first, "date": day, "run": run_id},
    )
    return plan_frame(found.all(), ("commodity", "event_start", "net_power_kw", "fixed_kw"))
