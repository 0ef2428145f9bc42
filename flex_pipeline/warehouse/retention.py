"""Old beliefs, thinned and dropped month by month, and the documents of models that others have taken the place of.

Thinned: a belief goes when a newer one of its kind, reading or forecast, has taken its place, and no plan in force
was made in between that could read it; one that was replaced, when no plan in force had read it. So what is believed
now stays, and so does what the plans in force used.
Dropped: the month goes as a whole. Its plans stay, and each carries the inputs it was made with.
A model loses its document when it was in force at no time since the first kept month, and no forecast of a date since
then was made with it. What it learnt from and how it scored stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection as Session
from sqlalchemy import Engine, text

from flex_pipeline.portfolio.retention import Retention

MONTHS = text("""
    select cast(to_date(right(c.relname, 7), 'YYYY_MM') as date) as month
    from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
    where i.inhparent = 'flex.belief'::regclass order by 1
""")
# Of beliefs of the same time the one with the lower source_id is read: it is last here, too. A plan that was made
# before the newer belief was recorded has read the older one, whatever their times. Of plans of before that was kept,
# -infinity and infinity say that they have read what was believed.
SUPERSEDED = """
    with planned as materialized (
        select
            site_id, planning_time, coalesce(read_at, 'infinity') as read_at,
            horizon_start - interval '1 hour' as first, horizon_end
        from flex.current_plan
    ),

    in_force as materialized (
        select site_id as scope, planning_time, read_at, first, horizon_end from planned
        union
        select '', planning_time, read_at, first, horizon_end from planned
    ),

    followed as (
        select
            b.sensor_id, b.event_start, b.belief_time, b.source_id, b.quantile, b.recorded_at,
            coalesce(n.site_id, '') as scope,
            lead(b.belief_time) over newer as followed_at, lead(b.recorded_at) over newer as follower_recorded_at
        from flex.belief as b
        join flex.source as o using (source_id)
        join flex.sensor as n using (sensor_id)
        where b.event_start >= :first and b.event_start < :end
        window newer as (
            partition by b.sensor_id, b.event_start, o.type, b.quantile order by b.belief_time, b.source_id desc
        )
    ),

    superseded as (
        select b.sensor_id, b.event_start, b.belief_time, b.source_id, b.quantile
        from followed as b
        where b.followed_at is not null and not exists (
            select from in_force as p
            where p.scope = b.scope
                and b.event_start >= p.first and b.event_start < p.horizon_end
                and p.planning_time >= b.belief_time and p.read_at >= b.recorded_at
                and (p.planning_time < b.followed_at or p.read_at < b.follower_recorded_at)
        )
    ),

    unread as (
        select r.ctid as row_id
        from flex.replaced_belief as r
        join flex.sensor as n using (sensor_id)
        where r.event_start >= :first and r.event_start < :end and not exists (
            select from in_force as p
            where p.scope = coalesce(n.site_id, '')
                and r.event_start >= p.first and r.event_start < p.horizon_end
                and p.planning_time >= r.belief_time and p.read_at >= r.recorded_at and p.read_at < r.replaced_at
        )
    )
"""
COUNT_SUPERSEDED = text(
    f"{SUPERSEDED} select (select count(*) from superseded) + (select count(*) from unread)"
)
DELETE_SUPERSEDED = text(f"""{SUPERSEDED},

    thinned as (
        delete from flex.belief as b using superseded as s
        where b.event_start >= :first and b.event_start < :end
            and (b.sensor_id, b.event_start, b.belief_time, b.source_id, b.quantile)
                = (s.sensor_id, s.event_start, s.belief_time, s.source_id, s.quantile)
        returning 1
    ),

    forgotten as (
        delete from flex.replaced_belief as r using unread as u where r.ctid = u.row_id returning 1
    )

    select (select count(*) from thinned) + (select count(*) from forgotten)
""")
COUNT_ALL = text("""
    select
        (select count(*) from flex.belief where event_start >= :first and event_start < :end)
        + (select count(*) from flex.replaced_belief where event_start >= :first and event_start < :end)
""")
DROP_MONTH = text("select flex.drop_belief_month(:month)")
# In force since then: what each training since then left in use, and the last one before it. A training by other code,
# or of a sensor described otherwise, takes the place of those before it, too.
FORGOTTEN_MODELS = """
    with in_force as (
        select coalesce(champion_id, model_id) as model_id from flex.trained_model where trained_as_of >= :since
        union
        (
            select distinct on (sensor_id) coalesce(champion_id, model_id) from flex.trained_model
            where trained_as_of < :since
            order by sensor_id, trained_as_of desc, model_id desc
        )
    ),

    forgotten as (
        select m.model_id from flex.trained_model as m
        where m.document is not null
            and not exists (select from in_force as i where i.model_id = m.model_id)
            and not exists (select from flex.forecast_run as f where f.model_id = m.model_id and f.date >= :kept_from)
    )
"""
COUNT_MODELS = text(f"{FORGOTTEN_MODELS} select count(*) from forgotten")
FORGET_MODELS = text(f"""
    {FORGOTTEN_MODELS}
    update flex.trained_model as m set document = null, digest = null from forgotten as f where f.model_id = m.model_id
""")


@dataclass(frozen=True)
class Expired:
    """The beliefs of one month that go: all of them, or those that are superseded and unused."""

    month: date
    dropped: bool
    rows: int


def find_expired(session: Session, retention: Retention, today: date) -> list[Expired]:
    """What `expire` would take away now, oldest first."""
    found = []
    for month, dropped in _months(session, retention, today):
        counted = session.execute(COUNT_ALL if dropped else COUNT_SUPERSEDED, _span(month))
        found.append(Expired(month, dropped, int(counted.scalar_one())))
    return [expired for expired in found if expired.dropped or expired.rows]


def expire(engine: Engine, retention: Retention, today: date) -> list[Expired]:
    """Thin and drop what the retention says, oldest first, in a transaction a month."""
    with engine.connect() as session:
        months = list(_months(session, retention, today))
    done = []
    for month, dropped in months:
        with engine.begin() as session:
            if dropped:
                rows = int(session.execute(COUNT_ALL, _span(month)).scalar_one())
                session.execute(DROP_MONTH, {"month": month})
            else:
                rows = int(session.execute(DELETE_SUPERSEDED, _span(month)).scalar_one())
            done.append(Expired(month, dropped, rows))
    return [expired for expired in done if expired.dropped or expired.rows]


def find_expired_models(session: Session, retention: Retention, today: date) -> int:
    """How many models `expire_models` would take the document of now."""
    kept = _models_kept(retention, today)
    return int(session.execute(COUNT_MODELS, kept).scalar_one()) if kept else 0


def expire_models(engine: Engine, retention: Retention, today: date) -> int:
    """Take away the documents of models that what is kept has no use for; how many."""
    kept = _models_kept(retention, today)
    if not kept:
        return 0
    with engine.begin() as session:
        return int(session.execute(FORGET_MODELS, kept).rowcount)


def _models_kept(retention: Retention, today: date) -> dict[str, date | datetime]:
    """Parameters of the queries of models; none where all are kept."""
    first = retention.thinned_before(today) or retention.dropped_before(today)
    return {"kept_from": first, "since": _span(first)["first"]} if first else {}


def _months(session: Session, retention: Retention, today: date) -> list[tuple[date, bool]]:
    """The months to look at, and whether they are to be dropped."""
    dropped, thinned = retention.dropped_before(today), retention.thinned_before(today)
    months = [row.month for row in session.execute(MONTHS)]
    return [
        (month, gone)
        for month in months
        if (gone := dropped is not None and month < dropped) or (thinned is not None and month < thinned)
    ]


def _span(month: date) -> dict[str, datetime]:
    first = datetime(month.year, month.month, 1, tzinfo=UTC)
    return {"first": first, "end": (first + timedelta(days=31)).replace(day=1)}
