"""Charging sessions: one row for each time since when one is believed to be so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import text

from flex_pipeline.warehouse.recording import EVER

# As of readings: what is the same is not stored again, and a correction is believed from the time it was read, unless
# the source says since when.
STORE = text("""
    insert into flex.charging_session
        (sensor_id, session, belief_time, plug, plugged_in, plugged_out, energy_kwh, capacity_kwh)
    select
        n.sensor_id, g.session,
        case when g.stated or b.session is null then g.belief_time else greatest(:read_at, g.belief_time) end,
        g.plug, g.plugged_in, g.plugged_out, g.energy_kwh, g.capacity_kwh
    from (
        select
            cast(:sensor as text) as sensor, cast(:session as text) as session, cast(:plug as text) as plug,
            cast(:belief_time as timestamptz) as belief_time, cast(:stated as boolean) as stated,
            cast(:plugged_in as timestamptz) as plugged_in, cast(:plugged_out as timestamptz) as plugged_out,
            cast(:energy_kwh as double precision) as energy_kwh,
            cast(:capacity_kwh as double precision) as capacity_kwh
    ) as g
    join flex.sensor as n on n.name = g.sensor
    left join lateral (
        select * from flex.charging_session as b
        where b.sensor_id = n.sensor_id and b.session = g.session
            and (not g.stated or b.belief_time <= g.belief_time)
        order by b.belief_time desc limit 1
    ) as b on true
    where (b.plug, b.plugged_in, b.plugged_out, b.energy_kwh, b.capacity_kwh)
        is distinct from (g.plug, g.plugged_in, g.plugged_out, g.energy_kwh, g.capacity_kwh)
    on conflict (sensor_id, session, belief_time) do update set
        plug = excluded.plug, plugged_in = excluded.plugged_in, plugged_out = excluded.plugged_out,
        energy_kwh = excluded.energy_kwh, capacity_kwh = excluded.capacity_kwh
""")
READ = text("""
    select * from (
        select distinct on (c.sensor_id, c.session)
            n.name as sensor, c.session, c.plug, c.plugged_in, c.plugged_out, c.energy_kwh, c.capacity_kwh
        from flex.charging_session as c
        join flex.sensor as n using (sensor_id)
        where n.name = any(:sensors) and c.belief_time <= :as_of and c.session in (
            select s.session from flex.charging_session as s
            where s.sensor_id = c.sensor_id and s.plugged_in >= :start and s.plugged_in < :end
        )
        order by c.sensor_id, c.session, c.belief_time desc
    ) as newest
    where plugged_in >= :start and plugged_in < :end
    order by sensor, plugged_in
""")
INSTANT = pl.Datetime("us", "UTC")
SCHEMA: dict[str, Any] = {
    "sensor": pl.String,
    "session": pl.String,
    "plug": pl.String,
    "plugged_in": INSTANT,
    "plugged_out": INSTANT,
    "energy_kwh": pl.Float64,
    "capacity_kwh": pl.Float64,
}


def store_sessions(session: Session, sessions: pl.DataFrame, read_at: datetime) -> int:
    """Add what is new in sessions: the columns of SCHEMA, belief_time, and stated. Gives the rows stored."""
    rows = [row | {"read_at": read_at} for row in sessions.to_dicts()]
    return session.execute(STORE, rows).rowcount if rows else 0


def read_sessions(
    session: Session, sensors: Collection[str], start: datetime, end: datetime, as_of: datetime = EVER
) -> pl.DataFrame:
    """The sessions that begin in [start, end), as they were believed to be at `as_of`: the columns of SCHEMA."""
    span = {"sensors": list(sensors), "start": start, "end": end, "as_of": as_of}
    return pl.DataFrame(session.execute(READ, span).all(), schema=SCHEMA, orient="row")
