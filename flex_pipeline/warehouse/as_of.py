"""Reading beliefs as of a time: what was known then, and never what was believed later."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import text

from flex_pipeline.warehouse.recording import EVER

MEDIAN = 0.5

# the beliefs of a sensor `n` from `w.start` on, as the warehouse held them at a time
HELD = """
            select event_start, belief_time, source_id, value from flex.belief
            where sensor_id = n.sensor_id and event_start >= w.start and event_start < :end
                and belief_time <= :as_of and quantile = cast(:quantile as real) and recorded_at <= :recorded_by
            union all
            select event_start, belief_time, source_id, value from flex.replaced_belief
            where sensor_id = n.sensor_id and event_start >= w.start and event_start < :end
                and belief_time <= :as_of and quantile = cast(:quantile as real)
                and recorded_at <= :recorded_by and replaced_at > :recorded_by
"""
# sensor by sensor, so that the key of the beliefs is read in its order; and one row of each, as a row of its own
# for each of 150,000 values takes three times as long
AS_OF = text(f"""
    select
        n.name as sensor, array_agg((extract(epoch from b.event_start) * 1000000)::bigint) as event_start,
        array_agg(b.value) as value, b.source_type, b.source
    from unnest(cast(:sensors as text[]), cast(:starts as timestamptz[])) as w (name, start)
    join flex.sensor as n using (name)
    cross join lateral (
        select distinct on (b.event_start) b.event_start, b.value, o.type as source_type, o.name as source
        from ({HELD}) as b
        join flex.source as o using (source_id)
        where o.type = any(:types)
        order by
            b.event_start, (o.type <> 'forecaster') desc, b.belief_time desc, (o.type = 'repair') desc, b.source_id
    ) as b
    group by n.name, b.source_type, b.source
""")
# what is last of a step is what AS_OF finds, whatever the time as of which it is asked
EVERY_BELIEF = text(f"""
    select
        n.name as sensor,
        array_agg((extract(epoch from b.event_start) * 1000000)::bigint order by b.place) as event_start,
        array_agg((extract(epoch from b.belief_time) * 1000000)::bigint order by b.place) as belief_time,
        array_agg(b.value order by b.place) as value
    from unnest(cast(:sensors as text[]), cast(:starts as timestamptz[])) as w (name, start)
    join flex.sensor as n using (name)
    cross join lateral (
        select
            b.event_start, b.belief_time, b.value,
            row_number() over (
                order by b.event_start, b.belief_time, (o.type = 'repair'), b.source_id desc
            ) as place
        from ({HELD}) as b
        join flex.source as o using (source_id)
        where o.type in ('reading', 'repair')
    ) as b
    group by n.name
""")


def read_as_of(
    session: Session,
    sensors: Collection[str],
    start: datetime,
    end: datetime,
    as_of: datetime,
    types: tuple[str, ...] = ("reading", "repair", "forecaster"),
    recorded_by: datetime = EVER,
    quantile: float = MEDIAN,
) -> pl.DataFrame:
    """What was believed at `as_of` about the steps that start in [start, end): never a later belief.

    A reading, or the repair that stands in for it, comes before any forecast; of each, the newest. What was
    recorded after `recorded_by`, a time of the warehouse's clock, is left out. Columns sensor, event_start, value,
    source_type, source: the feed, the rule of the repair, or the model.
    """
    return _as_of(session, dict.fromkeys(sensors, start), end, as_of, types, recorded_by, quantile)


def read_histories(
    session: Session,
    since: Mapping[str, datetime],
    end: datetime,
    as_of: datetime,
    recorded_by: datetime = EVER,
) -> pl.DataFrame:
    """The readings and repairs of sensors, each from a time of its own on, that were believed at `as_of`.

    Columns sensor, event_start, value, in this order; steps that start before `end`.
    """
    believed = _as_of(session, since, end, as_of, ("reading", "repair"), recorded_by)
    return believed.select("sensor", "event_start", "value")


def read_every_belief(
    session: Session,
    since: Mapping[str, datetime],
    end: datetime,
    as_of: datetime,
    recorded_by: datetime = EVER,
) -> pl.DataFrame:
    """All that was ever read or repaired by `as_of`: sensor, event_start, belief_time, value, later beliefs last."""
    asked = {"sensors": list(since), "starts": list(since.values()), "end": end, "as_of": as_of}
    times = ("event_start", "belief_time")
    schema: dict[str, Any] = {"sensor": pl.String, **dict.fromkeys(times, pl.List(pl.Int64))}
    schema["value"] = pl.List(pl.Float64)
    found = session.execute(EVERY_BELIEF, asked | {"recorded_by": recorded_by, "quantile": MEDIAN})
    by_sensor = pl.DataFrame(found.all(), schema=schema, orient="row")
    instants = (pl.from_epoch(name, "us").dt.replace_time_zone("UTC") for name in times)
    return by_sensor.explode(*times, "value").with_columns(instants)


def _as_of(
    session: Session,
    since: Mapping[str, datetime],
    end: datetime,
    as_of: datetime,
    types: tuple[str, ...],
    recorded_by: datetime,
    quantile: float = MEDIAN,
) -> pl.DataFrame:
    asked = {"sensors": list(since), "starts": list(since.values()), "end": end, "as_of": as_of}
    found = session.execute(
        AS_OF, asked | {"types": list(types), "recorded_by": recorded_by, "quantile": quantile}
    )
    schema: dict[str, Any] = {
        "sensor": pl.String,
        "event_start": pl.List(pl.Int64),
        "value": pl.List(pl.Float64),
        "source_type": pl.String,
        "source": pl.String,
    }
    by_sensor = pl.DataFrame(found.all(), schema=schema, orient="row")
    believed = by_sensor.explode("event_start", "value").with_columns(
        pl.from_epoch("event_start", "us").dt.replace_time_zone("UTC")
    )
    return believed.sort("sensor", "event_start")
