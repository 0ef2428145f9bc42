"""Beliefs: what was held to be true about a step, by whom and since when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import text

from flex_pipeline.warehouse.database import copy_frame
from flex_pipeline.warehouse.recording import EVER, recording_time

STAGE = """
    create temporary table stage (
        sensor text, event_start timestamptz, belief_time timestamptz, source text,
        quantile real, value double precision, stated boolean
    ) on commit drop
"""
STAGED = ("sensor", "event_start", "belief_time", "source", "quantile", "value", "stated")

# A value that its source has given before is not stored again. One that differs is a correction: it is believed
# from the time it was read, and the old value stays believed until then. Where the source states since when it
# believes a value, that time is kept, and what it believed at other times has no say in it.
STORE_READINGS = text("""
    with fresh as materialized (
        select
            n.sensor_id, g.event_start,
            case when g.stated or b.value is null then g.belief_time else greatest(:read_at, g.belief_time) end
                as belief_time,
            o.source_id, g.quantile, g.value, b.value is not null as is_correction
        from stage as g
        join flex.sensor as n on n.name = g.sensor
        join flex.source as o on o.name = g.source and o.type = 'reading'
        left join lateral (
            select b.value from flex.belief as b
            where b.sensor_id = n.sensor_id and b.event_start = g.event_start and b.source_id = o.source_id
                and (not g.stated or b.belief_time <= g.belief_time)
            order by b.belief_time desc limit 1
        ) as b on true
        where b.value is distinct from g.value
    ),

    restated as (
        insert into flex.replaced_belief
        select
            b.sensor_id, b.event_start, b.belief_time, b.source_id, b.quantile, b.value, b.recorded_at, :recorded_at
        from fresh as f
        join flex.belief as b using (sensor_id, event_start, belief_time, source_id, quantile)
        where f.is_correction
    )

    insert into flex.belief (sensor_id, event_start, belief_time, source_id, quantile, value, recorded_at)
    select sensor_id, event_start, belief_time, source_id, quantile, value, :recorded_at from fresh
    on conflict (sensor_id, event_start, belief_time, source_id, quantile)
        do update set value = excluded.value, recorded_at = excluded.recorded_at
""")
# What this transaction has withdrawn and stores again as it was, was there all the time.
STORE_MADE = text("""
    with made as materialized (
        select n.sensor_id, g.event_start, g.belief_time, o.source_id, g.quantile, g.value
        from stage as g
        join flex.sensor as n on n.name = g.sensor
        join flex.source as o on o.name = g.source and o.type = :type
    ),

    as_it_was as (
        delete from flex.replaced_belief as r using made as m
        where r.sensor_id = m.sensor_id and r.event_start = m.event_start and r.replaced_at >= now()
            and (r.belief_time, r.source_id, r.quantile, r.value)
                = (m.belief_time, m.source_id, m.quantile, m.value)
        returning r.*
    )

    insert into flex.belief (sensor_id, event_start, belief_time, source_id, quantile, value, recorded_at)
    select
        m.sensor_id, m.event_start, m.belief_time, m.source_id, m.quantile, m.value,
        coalesce(a.recorded_at, :recorded_at)
    from made as m
    left join as_it_was as a using (sensor_id, event_start, belief_time, source_id, quantile)
""")
WITHDRAW_FORECASTS = text("""
    with gone as (
        delete from flex.belief as b
        using (
            select n.sensor_id, g.belief_time, min(g.event_start) as start, max(g.event_start) as last
            from stage as g join flex.sensor as n on n.name = g.sensor group by 1, 2
        ) as g, flex.source as o
        where b.sensor_id = g.sensor_id and b.belief_time = g.belief_time
            and b.event_start between g.start and g.last
            and o.source_id = b.source_id and o.type = 'forecaster'
        returning b.*
    )

    insert into flex.replaced_belief
    select sensor_id, event_start, belief_time, source_id, quantile, value, recorded_at, :recorded_at from gone
""")
WITHDRAW_REPAIRS = text("""
    with gone as (
        delete from flex.belief as b using flex.sensor as n, flex.source as o
        where b.sensor_id = n.sensor_id and n.name = any(:sensors)
            and b.event_start >= :start and b.event_start < :end
            and o.source_id = b.source_id and o.type = 'repair'
        returning b.*
    )

    insert into flex.replaced_belief
    select sensor_id, event_start, belief_time, source_id, quantile, value, recorded_at, :recorded_at from gone
""")
SOURCES = text("""
    insert into flex.source (name, type) select distinct source, :type from stage order by 1
    on conflict (type, name) do nothing
""")
# in one order, lest two loads of the same sensors wait for each other
SENSOR_SOURCES = text("""
    insert into flex.sensor_source (sensor_id, source_id)
    select distinct n.sensor_id, o.source_id
    from stage as g
    join flex.sensor as n on n.name = g.sensor
    join flex.source as o on o.name = g.source and o.type = :type
    order by 1, 2
    on conflict do nothing
""")
MONTHS = text("select flex.ensure_belief_months(min(event_start), max(event_start)) from stage")

BELIEF = ("sensor", "event_start", "belief_time")
SCHEMA: dict[str, Any] = {"sensor": pl.String, "event_start": pl.Datetime("us", "UTC"), "value": pl.Float64}


def store_readings(session: Session, readings: pl.DataFrame, read_at: datetime) -> int:
    """Add what is new in readings: (sensor, event_start, belief_time, source, value). Gives the rows stored.

    A column `stated` tells belief times that the source itself gives from those of the sensor's rule, which all
    are without it. Of several values for one step and belief time the last is believed; the earlier ones go to
    `flex.repeated_reading`.
    """
    if "stated" not in readings.columns:
        readings = readings.with_columns(stated=pl.lit(False))
    readings = readings.with_columns(quantile=pl.lit(0.5)).filter(pl.col("value").is_not_nan())
    believed = readings.drop_nulls("value").unique(BELIEF, keep="last", maintain_order=True)
    _keep_repeated(session, readings, read_at)
    if believed.is_empty():
        return 0
    _stage(session, believed, "reading")
    times = {"read_at": read_at, "recorded_at": recording_time(session)}
    return session.execute(STORE_READINGS, times).rowcount


def _keep_repeated(session: Session, readings: pl.DataFrame, read_at: datetime) -> None:
    """Replace the record of repeated values of the sensors and the span that were read."""
    if readings.is_empty():
        return
    span = readings.select(start=pl.col("event_start").min(), end=pl.col("event_start").max()).row(0)
    again = pl.int_range(pl.len()).reverse().over(BELIEF)
    repeated = readings.with_columns(again=again).filter(pl.col("again") > 0)
    session.execute(
        text("""
            delete from flex.repeated_reading as r using flex.sensor as n
            where r.sensor_id = n.sensor_id and n.name = any(:sensors) and r.event_start between :start and :end
        """),
        {"sensors": readings["sensor"].unique().to_list(), "start": span[0], "end": span[1]},
    )
    if repeated.height:
        session.execute(
            text("""
                insert into flex.repeated_reading (sensor_id, event_start, value, read_at)
                select sensor_id, :event_start, :value, :read_at from flex.sensor where name = :sensor
            """),
            [
                row | {"read_at": read_at}
                for row in repeated.select("sensor", "event_start", "value").to_dicts()
            ],
        )


def store_forecasts(session: Session, forecasts: pl.DataFrame) -> int:
    """Replace forecasts (sensor, event_start, belief_time, source, quantile, value) made for the same time.

    What was forecast for a sensor as of one belief time is replaced as a whole. Gives the rows stored.
    """
    if forecasts.is_empty():
        return 0
    _stage(session, forecasts, "forecaster")
    recorded = {"recorded_at": recording_time(session)}
    session.execute(WITHDRAW_FORECASTS, recorded)
    return session.execute(STORE_MADE, {"type": "forecaster", **recorded}).rowcount


def replace_repairs(
    session: Session, repairs: pl.DataFrame, sensors: Collection[str], start: datetime, end: datetime
) -> int:
    """Replace all repairs of some sensors for the steps in [start, end). Gives the rows stored.

    `repairs`: sensor, event_start, belief_time, source (the rule that filled in), value.
    """
    recorded = {"recorded_at": recording_time(session)}
    session.execute(WITHDRAW_REPAIRS, recorded | {"sensors": list(sensors), "start": start, "end": end})
    if repairs.is_empty():
        return 0
    _stage(session, repairs.with_columns(quantile=pl.lit(0.5)), "repair")
    return session.execute(STORE_MADE, {"type": "repair", **recorded}).rowcount


def read_held(
    session: Session, sensors: Collection[str], start: datetime, end: datetime, as_of: datetime = EVER
) -> pl.DataFrame:
    """What is held by `as_of` for the steps in [start, end) without any forecast: the newest reading or repair.

    Columns sensor, event_start, value, belief_time.
    """
    return _newest(session, sensors, start, end, ("reading", "repair"), as_of)


def read_forecast(
    session: Session, sensors: Collection[str], start: datetime, end: datetime, as_of: datetime = EVER
) -> pl.DataFrame:
    """What was forecast last by `as_of` for the steps in [start, end): sensor, event_start, value, belief_time."""
    return _newest(session, sensors, start, end, ("forecaster",), as_of)


def read_quantiles(
    session: Session, sensor: str, start: datetime, end: datetime, belief_time: datetime
) -> pl.DataFrame:
    """What was forecast of a sensor as of a time for the steps in [start, end): event_start, quantile, value."""
    found = session.execute(
        text("""
            select b.event_start, b.quantile, b.value
            from flex.belief as b
            join flex.sensor as n using (sensor_id)
            join flex.source as o using (source_id)
            where n.name = :sensor and b.event_start >= :start and b.event_start < :end
                and b.belief_time = :belief_time and o.type = 'forecaster'
            order by 1, 2
        """),
        {"sensor": sensor, "start": start, "end": end, "belief_time": belief_time},
    )
    schema = {"event_start": SCHEMA["event_start"], "quantile": pl.Float64, "value": pl.Float64}
    return pl.DataFrame(found.all(), schema=schema, orient="row")


def _newest(
    session: Session,
    sensors: Collection[str],
    start: datetime,
    end: datetime,
    types: tuple[str, ...],
    as_of: datetime,
) -> pl.DataFrame:
    found = session.execute(
        text("""
            select distinct on (b.sensor_id, b.event_start) n.name as sensor, b.event_start, b.value, b.belief_time
            from flex.belief as b
            join flex.sensor as n using (sensor_id)
            join flex.source as o using (source_id)
            where n.name = any(:sensors) and b.event_start >= :start and b.event_start < :end
                and o.type = any(:types) and b.quantile = 0.5 and b.belief_time <= :as_of
            order by b.sensor_id, b.event_start, b.belief_time desc, (o.type = 'repair') desc
        """),
        {"sensors": list(sensors), "start": start, "end": end, "types": list(types), "as_of": as_of},
    )
    schema = SCHEMA | {"belief_time": pl.Datetime("us", "UTC")}
    return pl.DataFrame(found.all(), schema=schema, orient="row").sort("sensor", "event_start")


def _stage(session: Session, frame: pl.DataFrame, source_type: str) -> None:
    session.execute(text("drop table if exists stage"))
    session.execute(text(STAGE))
    columns = [column for column in STAGED if column in frame.columns]
    rows = frame.select(columns).write_csv(include_header=False).encode()
    copy_frame(session, "stage", ", ".join(columns), rows)
    session.execute(SOURCES, {"type": source_type})
    session.execute(SENSOR_SOURCES, {"type": source_type})
    session.execute(MONTHS)


def read_stored(
    session: Session, sensors: Collection[str], start: datetime, end: datetime, as_of: datetime = EVER
) -> pl.DataFrame:
    """All that sources gave for the steps in [start, end) by `as_of`: the readings, and repeated values once each.

    Columns sensor, event_start, value. This is what the checks judge.
    """
    found = session.execute(
        text("""
            select distinct on (b.sensor_id, b.event_start) n.name as sensor, b.event_start, b.value
            from flex.belief as b
            join flex.sensor as n using (sensor_id)
            join flex.source as o using (source_id)
            where n.name = any(:sensors) and b.event_start >= :start and b.event_start < :end
                and o.type = 'reading' and b.belief_time <= :as_of
            order by b.sensor_id, b.event_start, b.belief_time desc
        """),
        {"sensors": list(sensors), "start": start, "end": end, "as_of": as_of},
    ).all()
    repeated = session.execute(
        text("""
            select n.name as sensor, r.event_start, r.value
            from flex.repeated_reading as r join flex.sensor as n using (sensor_id)
            where n.name = any(:sensors) and r.event_start >= :start and r.event_start < :end
        """),
        {"sensors": list(sensors), "start": start, "end": end},
    ).all()
    return pl.DataFrame([*found, *repeated], schema=SCHEMA, orient="row").sort("sensor", "event_start")


def lacks_readings(session: Session, first: date, last: date) -> bool:
    """Whether an active sensor has no reading at all in some days (UTC): it is new, or its source was faulty."""
    found = session.execute(
        text("""
            select exists (
                select from flex.sensor as n
                where n.active and n.kind not in ('soc-minima', 'soc', 'meter-total', 'power', 'ev-session')
                    and not exists (
                    select from flex.belief as b join flex.source as o using (source_id)
                    where b.sensor_id = n.sensor_id and o.type = 'reading'
                        and b.event_start >= :first and b.event_start < cast(:last as date) + 1
                )
            )
        """),
        {"first": first, "last": last},
    )
    return bool(found.scalar_one())
