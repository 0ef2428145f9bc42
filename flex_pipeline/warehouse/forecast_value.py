"""What the errors of forecasts cost, and the schedules that none would have led to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import text

from flex_pipeline.warehouse.database import copy_frame

STEP_COLUMNS = "run_id, device_id, event_start, event_end, power_kw, soc_kwh"


@dataclass(frozen=True)
class ForecastValue:
    """A plan against perfect foresight. Costs in currency, up to `horizon_end`; without them a `reason` says why.

    `schedule`: the columns of flex.perfect_schedule but for its run.
    """

    run_id: int
    site_id: str
    date: date
    input_hash: str
    horizon_end: datetime
    reason: str | None = None
    planned_cost: float | None = None
    perfect_cost: float | None = None
    departed_kwh: float | None = None
    followed_energy_cost: float | None = None  # of planned_cost, what the energy of the day itself cost
    schedule: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def regret(self) -> float | None:
        """What the errors of the forecasts cost."""
        if self.planned_cost is None or self.perfect_cost is None:
            return None
        return self.planned_cost - self.perfect_cost


def valued_inputs(session: Session, run_ids: Collection[int]) -> dict[int, str]:
    """The input hashes of the values that some plans have."""
    found = session.execute(
        text("select run_id, input_hash from flex.forecast_value where run_id = any(:runs)"),
        {"runs": list(run_ids)},
    )
    return {row.run_id: row.input_hash for row in found}


def replace_values(session: Session, values: Sequence[ForecastValue], now: datetime) -> None:
    """Store values with their schedules, in the place of earlier ones of the same plans."""
    runs = {"runs": [value.run_id for value in values]}
    for table in ("forecast_value", "perfect_schedule"):
        session.execute(text(f"delete from flex.{table} where run_id = any(:runs)"), runs)
    names = (
        "run_id, site_id, date, input_hash, reason, planned_cost, perfect_cost, departed_kwh, "
        "followed_energy_cost, horizon_end"
    )
    given = ", ".join(f":{name}" for name in names.split(", "))
    session.execute(
        text(f"insert into flex.forecast_value ({names}, computed_at) values ({given}, :now)"),
        [{name: getattr(value, name) for name in names.split(", ")} | {"now": now} for value in values],
    )
    frames = [value.schedule.with_columns(run_id=value.run_id) for value in values if value.schedule.height]
    if frames:
        rows = pl.concat(frames).select(STEP_COLUMNS.split(", ")).write_csv(include_header=False)
        copy_frame(session, "flex.perfect_schedule", STEP_COLUMNS, rows.encode())


def read_values(session: Session, site_id: str, day: date) -> list[dict[str, Any]]:
    """The value of the plan in force of a site-day, if it has one: the columns of flex.current_forecast_value."""
    found = session.execute(
        text("select * from flex.current_forecast_value where site_id = :site_id and date = :date"),
        {"site_id": site_id, "date": day},
    )
    return [dict(row) for row in found.mappings()]


def read_starts(session: Session, run_id: int) -> Mapping[str, float]:
    """The stock that each device of a plan begins the day with, kWh; those without a stock lack."""
    found = session.execute(
        text("""
            select device_id, soc_start_kwh from flex.device_plan
            where run_id = :run and soc_start_kwh is not null
        """),
        {"run": run_id},
    )
    return {row.device_id: row.soc_start_kwh for row in found}
