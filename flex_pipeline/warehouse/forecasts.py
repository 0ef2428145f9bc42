"""Forecasts, and what they say of how they were made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection as Session
from sqlalchemy import text

from flex_pipeline.warehouse.recording import EVER


@dataclass(frozen=True)
class StoredForecast:
    """What the newest forecast of a sensor for a day says of its inputs."""

    planning_time: datetime
    read_at: datetime  # by the warehouse's clock: what was recorded later was not read
    version_id: int | None
    input_hash: str
    model: str


def read_forecast_run(session: Session, sensor: str, day: date) -> StoredForecast | None:
    """None where a sensor was not forecast for a day."""
    found = session.execute(
        text("""
            select f.planning_time, coalesce(f.read_at, :ever) as read_at, f.version_id, f.input_hash, o.name as model
            from flex.forecast_run as f
            join flex.sensor as n using (sensor_id)
            join flex.source as o using (source_id)
            where n.name = :sensor and f.date = :date
        """),
        {"sensor": sensor, "date": day, "ever": EVER},
    ).first()
    return None if found is None else StoredForecast(**found._mapping)
