"""What the days of readings are like, one row per sensor and day: what later days are compared with."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import text

SCHEMA = {
    "sensor": pl.String,
    "date": pl.Date,
    "readings": pl.Int64,
    "mean": pl.Float64,
    "peak": pl.Float64,
    "excess": pl.Float64,
}


def replace_days(session: Session, days: pl.DataFrame) -> None:
    """Store (sensor, date, readings, mean, peak, excess) in place of what was stored of these days."""
    if days.is_empty():
        return
    session.execute(
        text("""
            insert into flex.reading_day (sensor_id, date, readings, mean, peak, excess)
            select sensor_id, :date, :readings, :mean, :peak, :excess from flex.sensor where name = :sensor
            on conflict (sensor_id, date) do update set
                readings = excluded.readings, mean = excluded.mean, peak = excluded.peak, excess = excluded.excess
        """),
        days.to_dicts(),
    )


def read_days(session: Session, sensors: Collection[str], first: date, before: date) -> pl.DataFrame:
    """The days of some sensors from `first` on and before another: sensor, date, readings, mean, peak, excess."""
    found = session.execute(
        text("""
            select n.name as sensor, d.date, d.readings, d.mean, d.peak, d.excess
            from flex.reading_day as d join flex.sensor as n using (sensor_id)
            where n.name = any(:sensors) and d.date >= :first and d.date < :before
        """),
        {"sensors": list(sensors), "first": first, "before": before},
    )
    return pl.DataFrame(found.all(), schema=SCHEMA, orient="row").sort("sensor", "date")


def read_last(
    session: Session, sensors: Collection[str], since: datetime, before: datetime
) -> dict[str, datetime]:
    """The last step in [since, before) that each sensor has a reading of; those without any lack."""
    found = session.execute(
        text("""
            select n.name, b.event_start
            from flex.sensor as n
            cross join lateral (
                select event_start from flex.belief join flex.source as o using (source_id)
                where sensor_id = n.sensor_id and event_start >= :since and event_start < :before
                    and o.type = 'reading'
                order by event_start desc limit 1
            ) as b
            where n.name = any(:sensors)
        """),
        {"sensors": list(sensors), "since": since, "before": before},
    )
    return {row.name: row.event_start for row in found}
