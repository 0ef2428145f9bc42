"""Hand-made plans in a warehouse: hourly steps, all zero but for those that a test names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import text

from flex_pipeline.defs import dbt_project
from flex_pipeline.defs.dbt_project import NodeResult
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine
from flex_pipeline.warehouse.plans import Plan, replace_plans

HOUR = timedelta(hours=1)
ZONES = {"home-01": "Europe/Amsterdam", "mill-01": "America/New_York"}
DEVICES = {"home-01/battery": "home-01", "home-01/washer": "home-01", "mill-01/battery": "mill-01"}
CONSUMPTION_PRICE, PRODUCTION_PRICE = 0.30, 0.10


@dataclass(frozen=True)
class Step:
    """What happens in one hour. Powers in kW; those of devices are consumption positive."""

    load_kw: float = 0.0
    pv_kw: float = 0.0
    devices_kw: Mapping[str, float] = field(default_factory=dict)
    baseline_kw: Mapping[str, float] = field(default_factory=dict)

    @property
    def net_kw(self) -> float:
        return self.load_kw - self.pv_kw + sum(self.devices_kw.values())

    @property
    def baseline_net_kw(self) -> float:
        return self.load_kw - self.pv_kw + sum(self.baseline_kw.values())


@dataclass(frozen=True)
class Reports:
    """A warehouse to store plans in, and to read what dbt makes of them."""

    connection: Connection

    def plan(
        self,
        site_id: str,
        day: date,
        steps: Mapping[int, Step],
        *,
        status: str = "optimal",
        stock_kwh: tuple[float, float] = (5.0, 5.0),
        capacity_kw: float | None = None,
        believed: datetime = datetime(2026, 10, 20, tzinfo=UTC),
    ) -> None:
        """Store a plan of a local day; `steps` by hours since local midnight, the others are zero."""
        run = {
            "site_id": site_id,
            "date": day,
            "planning_time": believed,
            "belief_time": believed,
            "input_hash": f"{believed:%c} {status} {steps}",
            "version_id": 1,
            "problem": {},
            "status": status,
            "horizon_start": believed,
            "horizon_end": believed,
        }
        devices = [device for device, site in DEVICES.items() if site == site_id]
        stocks = [
            {
                "device_id": device,
                "status": status,
                "reason": None,
                "commodity": "electricity",
                "soc_start_kwh": stock_kwh[0] if device.endswith("battery") else None,
                "soc_end_kwh": stock_kwh[1] if device.endswith("battery") else None,
                "baseline_soc_end_kwh": None,
                "overnight_kw": None,
                "baseline_overnight_kw": None,
            }
            for device in devices
        ]
        hours = [] if status == "blocked" else list(enumerate(local_hours(day, ZONES[site_id])))
        with engine(self.connection).begin() as session:
            plan = Plan(
                run,
                stocks,
                pl.DataFrame([_device_row(d, at, steps.get(i, Step())) for i, at in hours for d in devices]),
                pl.DataFrame([_site_row(at, steps.get(i, Step()), capacity_kw) for i, at in hours]),
            )
            replace_plans(session, [plan])

    def build(self, first: date, last: date | None = None) -> dict[str, NodeResult]:
        """Run dbt for some days; the results by the name of the model or test."""
        results = dbt_project.build(
            first.isoformat(), (last or first).isoformat(), self.connection.dbt_environment
        )
        return {result.unique_id.split(".")[2]: result for result in results}

    def execute(self, statement: str) -> None:
        with engine(self.connection).begin() as session:
            session.execute(text(statement))

    def rows(self, query: str) -> Sequence[tuple[object, ...]]:
        with engine(self.connection).connect() as session:
            return [tuple(row) for row in session.execute(text(query))]


def burn_gas(reports: Reports) -> None:
    """Make the washer of home-01 one that runs on gas, at 0.08 per kWh."""
    washer = "device_id = 'home-01/washer'"
    for statement in (
        f"update flex.device_plan set commodity = 'gas' where {washer}",
        f"""
            insert into flex.commodity_plan
            select run_id, 'gas', event_start, event_end, 0.08, 0.08, 0, 0, power_kw, baseline_power_kw
            from flex.schedule where {washer}
        """,
        f"""
            update flex.site_plan as s
            set net_power_kw = s.net_power_kw - d.power_kw,
                baseline_net_power_kw = s.baseline_net_power_kw - d.baseline_power_kw
            from flex.schedule as d where d.run_id = s.run_id and d.event_start = s.event_start and {washer}
        """,
    ):
        reports.execute(statement)


def gather(reports: Reports, limit_kw: float) -> None:
    """Put all devices of home-01 in a group, the yard, that may take so much."""
    for statement in (
        "insert into flex.group_member select run_id, 'yard', device_id from flex.device_plan",
        f"""
            insert into flex.group_plan
            select run_id, 'yard', event_start, event_end, sum(power_kw), sum(baseline_power_kw), {limit_kw}
            from flex.schedule group by run_id, event_start, event_end
        """,
    ):
        reports.execute(statement)


def local_hours(day: date, timezone: str) -> list[datetime]:
    """The starts (UTC) of the 23, 24 or 25 hours of a local day."""
    first, end = (
        datetime.combine(d, datetime.min.time(), ZoneInfo(timezone)).astimezone(UTC)
        for d in (day, day + timedelta(days=1))
    )
    return [first + i * HOUR for i in range((end - first) // HOUR)]


def _device_row(device_id: str, start: datetime, step: Step) -> dict[str, object]:
    return {
        "device_id": device_id,
        "event_start": start,
        "event_end": start + HOUR,
        "power_kw": step.devices_kw.get(device_id, 0.0),
        "soc_kwh": None,
        "baseline_power_kw": step.baseline_kw.get(device_id, 0.0),
        "baseline_soc_kwh": None,
    }


def _site_row(start: datetime, step: Step, capacity_kw: float | None) -> dict[str, object]:
    return {
        "event_start": start,
        "event_end": start + HOUR,
        "consumption_price": CONSUMPTION_PRICE,
        "production_price": PRODUCTION_PRICE,
        "inflexible_consumption_kw": step.load_kw,
        "inflexible_production_kw": step.pv_kw,
        "net_power_kw": step.net_kw,
        "baseline_net_power_kw": step.baseline_net_kw,
        "consumption_capacity_kw": capacity_kw,
        "production_capacity_kw": capacity_kw,
        "marginal_price": None,
        "consumption_emissions": None,
        "production_emissions": None,
    }


def store_sites(session: Session) -> None:
    session.execute(
        text("insert into flex.portfolio_version (content_hash, content) values ('hand-made', '{}')")
    )
    for site_id, timezone in ZONES.items():
        session.execute(
            text(
                "insert into flex.site values (:site_id, :timezone, :currency, 'acme', null, null, true, 1)"
            ),
            {"site_id": site_id, "timezone": timezone, "currency": "EUR" if site_id == "home-01" else "USD"},
        )
    for device_id, site_id in DEVICES.items():
        session.execute(
            text("insert into flex.device values (:d, :s, :n, :t, :d, '{}', true, 1)"),
            {
                "d": device_id,
                "s": site_id,
                "n": device_id.split("/")[1],
                "t": "storage" if device_id.endswith("battery") else "process",
            },
        )
