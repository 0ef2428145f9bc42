"""Judging a day's values as they are stored, and keeping the verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from flex_pipeline.planning.ingestion import FOUND_WHILE_READING, READABLE
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.blocked import Blocked, blocked
from flex_pipeline.quality.judge import judge
from flex_pipeline.quality.verdict import Verdict
from flex_pipeline.timeseries.grid import local_day
from flex_pipeline.warehouse.beliefs import read_stored
from flex_pipeline.warehouse.verdicts import read_faults, read_verdicts, replace_verdicts


def check(engine: Engine, sensors: Sequence[Sensor], day: date, now: datetime) -> tuple[Verdict, ...]:
    """Judge what is stored for the local day of some sensors; the verdicts replace those of an earlier check.

    What was found while reading stays. The lack of values of a source that could not be read is not judged again.
    """
    names = [sensor.name for sensor in sensors]
    with engine.begin() as session:
        found = [
            Verdict(row.sensor, day, row.expectation, row.passed, row.severity, row.observed, ())
            for row in read_verdicts(session, names, day)
            if row.expectation in FOUND_WHILE_READING
        ]
        unreadable = {verdict.sensor for verdict in found if verdict.expectation == READABLE}
        readable = [sensor for sensor in sensors if sensor.name not in unreadable]
        start, end = _span(sensors, day)
        stored = read_stored(session, names, start, end)
        verdicts = (*found, *judge(stored, readable, day, due_until=now))
        replace_verdicts(session, names, day, verdicts, now)
    return verdicts


def _span(sensors: Sequence[Sensor], day: date) -> tuple[datetime, datetime]:
    days = [local_day(day, ZoneInfo(s.timezone), timedelta(hours=1)) for s in sensors]
    return min(grid.start_utc for grid in days), max(grid.end_utc for grid in days)


def blocked_on(session: Session, portfolio: Portfolio, day: date) -> Blocked:
    """What the stored faults of a day keep from being planned."""
    faults = [
        Verdict(row.sensor, day, row.expectation, False, "error", row.observed, ())
        for row in read_faults(session, day)
    ]
    return blocked(faults, portfolio.sensors_of_devices(), portfolio.shared_sensors)
