"""Which past days have had readings since their outcomes were noted, and what was told of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection as Session
from sqlalchemy import text

# what is believed since a time, found by its block index, as days before these are joined: a tick takes milliseconds,
# a look at a million readings seconds
LATE = text("""
    with zones as (
        select distinct timezone from flex.site
    ),

    late as (
        select
            n.site_id, z.timezone, cast(b.event_start at time zone z.timezone as date) as date,
            max(b.recorded_at) as recorded_at
        from flex.belief as b
        join flex.source as o using (source_id)
        join flex.sensor as n using (sensor_id)
        cross join zones as z
        where o.type = 'reading' and n.name = any(:sensors)
            and b.recorded_at > :since and b.recorded_at <= :until
            and b.event_start >= cast(:first as timestamp) at time zone 'UTC' - interval '1 day'
        group by 1, 2, 3
    )

    select distinct d.date
    from late
    join flex.outcome_day as d on d.date = late.date and (late.site_id is null or late.site_id = d.site_id)
    join flex.site as s on s.site_id = d.site_id and s.timezone = late.timezone
    where d.date >= :first and d.date < :before and late.recorded_at > d.read_at
    order by d.date
""")


def late_days(
    session: Session, sensors: Collection[str], first: date, before: date, since: datetime, until: datetime
) -> list[date]:
    """The days from `first` on and before another whose outcomes lack readings that are there by now.

    Readings of some sensors, stated or corrected, that the warehouse recorded after `since` and by `until`.
    """
    given = {"sensors": list(sensors), "first": first, "before": before, "since": since, "until": until}
    return [row.date for row in session.execute(LATE, given)]


def note_read(session: Session, site_ids: Collection[str], day: date, read_at: datetime) -> None:
    """Remember until when outcomes of a day of some sites have been read, by the warehouse's clock."""
    if site_ids:
        session.execute(
            text("""
                insert into flex.outcome_day (site_id, date, read_at) values (:site_id, :date, :read_at)
                on conflict (site_id, date) do update set read_at = excluded.read_at
            """),
            [{"site_id": site_id, "date": day, "read_at": read_at} for site_id in site_ids],
        )


def compared_devices(session: Session, days: Sequence[date]) -> Mapping[date, set[str]]:
    """Of some days those that were compared with perfect foresight, with the devices of their plans in force."""
    found = session.execute(
        text("""
            select distinct p.date, d.device_id
            from flex.current_plan as p
            join flex.forecast_value as v using (run_id)
            join flex.device_plan as d using (run_id)
            where p.date = any(:days)
        """),
        {"days": list(days)},
    )
    devices: dict[date, set[str]] = {}
    for row in found:
        devices.setdefault(row.date, set()).add(row.device_id)
    return devices
