"""Verdicts on data: the newest one for each sensor, day and expectation."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import Connection as Session
from sqlalchemy import Row, text


class Verdict(Protocol):
    """What the engine of quality says; the warehouse does not depend on it."""

    @property
    def sensor(self) -> str: ...  # noqa: D102
    @property
    def day(self) -> date: ...  # noqa: D102
    @property
    def expectation(self) -> str: ...  # noqa: D102
    @property
    def passed(self) -> bool: ...  # noqa: D102
    @property
    def severity(self) -> str: ...  # noqa: D102
    @property
    def observed(self) -> str: ...  # noqa: D102
    @property
    def rows(self) -> tuple[dict[str, object], ...]: ...  # noqa: D102


# the expectation that says what came of the repairs of a sensor
REPAIRED = "repaired"

STORE = text("""
    insert into flex.data_quality
        (sensor_id, date, expectation, severity, passed, observed, rows, checked_at)
    select sensor_id, :date, :expectation, :severity, :passed, :observed, cast(:rows as jsonb), :checked_at
    from flex.sensor where name = :sensor
""")


def replace_verdicts(
    session: Session, sensors: Collection[str], day: date, verdicts: Iterable[Verdict], checked_at: datetime
) -> None:
    """All that is now said of some sensors on one day; what was said before is gone."""
    session.execute(
        text("""
            delete from flex.data_quality as q using flex.sensor as n
            where q.sensor_id = n.sensor_id and q.date = :date and n.name = any(:sensors)
        """),
        {"date": day, "sensors": list(sensors)},
    )
    rows = _rows(verdicts, checked_at)
    if rows:
        session.execute(STORE, rows)


def _rows(verdicts: Iterable[Verdict], checked_at: datetime) -> list[dict[str, object]]:
    return [
        {
            "sensor": verdict.sensor,
            "date": verdict.day,
            "expectation": verdict.expectation,
            "severity": verdict.severity,
            "passed": verdict.passed,
            "observed": verdict.observed,
            "rows": json.dumps([dict(row) for row in verdict.rows], default=str),
            "checked_at": checked_at,
        }
        for verdict in verdicts
    ]


def add_verdicts(session: Session, verdicts: Sequence[Verdict], checked_at: datetime) -> None:
    """Say more of some sensors on a day; what was said before of the same expectation is gone."""
    if verdicts:
        rows = _rows(verdicts, checked_at)
        session.execute(
            text("""
                delete from flex.data_quality as q using flex.sensor as n
                where q.sensor_id = n.sensor_id and n.name = :sensor and q.date = :date
                    and q.expectation = :expectation
            """),
            rows,
        )
        session.execute(STORE, rows)


def read_repairable(session: Session, day: date) -> dict[str, datetime]:
    """The active sensors with a fault on a day that asks for a repair, and when they were checked."""
    found = session.execute(
        text("""
            select n.name, max(q.checked_at) as checked_at
            from flex.data_quality as q join flex.sensor as n using (sensor_id)
            where q.date = :date and not q.passed and q.severity = 'repair' and n.active
            group by n.name order by n.name
        """),
        {"date": day},
    )
    return {row.name: row.checked_at for row in found}


def read_faults(session: Session, day: date) -> list[Row[tuple[str, str, str]]]:
    """Every failed expectation that blocks on a day: (sensor, expectation, observed).

    One that asks for a repair does as long as nobody has tried: what came of it is a verdict of its own.
    """
    return list(
        session.execute(
            text("""
                select n.name as sensor, q.expectation, q.observed
                from flex.data_quality as q join flex.sensor as n using (sensor_id)
                where q.date = :date and not q.passed and n.active
                    and (q.severity = 'error' or q.severity = 'repair' and not exists (
                        select from flex.data_quality as r
                        where r.sensor_id = q.sensor_id and r.date = q.date and r.expectation = :repaired
                    ))
                order by 1, 2
            """),
            {"date": day, "repaired": REPAIRED},
        )
    )


def read_verdicts(session: Session, sensors: Collection[str], day: date) -> list[Row[tuple[object, ...]]]:
    """What is stored about some sensors on a day: (sensor, expectation, severity, passed, observed, rows)."""
    return list(
        session.execute(
            text("""
                select n.name as sensor, q.expectation, q.severity, q.passed, q.observed, q.rows
                from flex.data_quality as q join flex.sensor as n using (sensor_id)
                where q.date = :date and n.name = any(:sensors)
                order by q.passed, q.severity, 1, 2
            """),
            {"date": day, "sensors": list(sensors)},
        )
    )
