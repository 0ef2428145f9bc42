"""Judging a day's values as they are stored, and keeping the verdicts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from flex_pipeline.planning.ingestion import FOUND_WHILE_READING, READABLE
from flex_pipeline.planning.state_of_charge import fastest_changes
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.blocked import Blocked, blocked
from flex_pipeline.quality.judge import judge
from flex_pipeline.quality.sessions import judge_sessions
from flex_pipeline.quality.usual import LOOK_BACK, Comparison, usual
from flex_pipeline.quality.verdict import Verdict
from flex_pipeline.sources.sessions import LONGEST_STAY
from flex_pipeline.timeseries.grid import local_day
from flex_pipeline.warehouse.beliefs import read_stored
from flex_pipeline.warehouse.charging_sessions import read_sessions
from flex_pipeline.warehouse.reading_days import read_days, read_last
from flex_pipeline.warehouse.recording import EVER
from flex_pipeline.warehouse.verdicts import read_faults, read_verdicts, replace_verdicts


def check(
    engine: Engine, sensors: Sequence[Sensor], day: date, now: datetime, portfolio: Portfolio | None = None
) -> tuple[Verdict, ...]:
    """Judge what is stored for the local day of some sensors; the verdicts replace those of an earlier check.

    What was found while reading stays. The lack of values of a source that could not be read is not judged again.
    The devices of a portfolio say how fast a state of charge can change.
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
        start, end = span_of(sensors, day)
        series = [sensor for sensor in readable if not sensor.is_log]
        stored = pl.concat(
            read_stored(session, alike, start - timedelta(days=1), end, as_of)
            for as_of, alike in by_what_counts(sensors, day, portfolio).items()
        )
        compared = comparison(session, series, day, portfolio)
        verdicts = (*found, *judge(stored, series, day, due_until=now, comparison=compared))
        if logs := [sensor for sensor in readable if sensor.is_log]:
            names_of_logs = [sensor.name for sensor in logs]
            sessions = read_sessions(session, names_of_logs, start - LONGEST_STAY, end)
            verdicts = (*verdicts, *judge_sessions(sessions, logs, [day]))
        replace_verdicts(session, names, day, verdicts, now)
    return verdicts


def by_what_counts(
    sensors: Iterable[Sensor], day: date, portfolio: Portfolio | None
) -> dict[datetime, list[str]]:
    """Names of sensors by the time up to which their values of a day are judged.

    Of a feed that the plans of the day can know it is their planning time: what it says later changes no plan, and
    so it may not block one either. Of others it is now.
    """
    found: dict[datetime, list[str]] = {}
    for sensor in sensors:
        counts = (
            EVER
            if portfolio is None or not is_known(sensor, day, portfolio)
            else portfolio.settings.planned_at(day)
        )
        found.setdefault(counts, []).append(sensor.name)
    return found


def is_known(sensor: Sensor, day: date, portfolio: Portfolio) -> bool:
    """Whether the values of a sensor for a day can be known when the day is planned."""
    first = local_day(day, ZoneInfo(sensor.timezone), sensor.resolution).start_utc
    return sensor.knows(first, portfolio.settings.planned_at(day))


def comparison(
    session: Session, sensors: Collection[Sensor], day: date, portfolio: Portfolio | None
) -> Comparison:
    """What a day of some sensors is compared with."""
    names = [sensor.name for sensor in sensors]
    days = read_days(session, names, day - LOOK_BACK, day)
    last: dict[str, datetime] = {}
    if sensors:
        start, end = span_of(sensors, day)
        last = read_last(session, names, start - LOOK_BACK, end)
    return Comparison(usual(days, day), last, fastest_changes(portfolio) if portfolio else {})


def span_of(sensors: Iterable[Sensor], day: date) -> tuple[datetime, datetime]:
    """From the first to the last instant of a local day, whichever zones the sensors are in."""
    days = [local_day(day, ZoneInfo(s.timezone), timedelta(hours=1)) for s in sensors]
    return min(grid.start_utc for grid in days), max(grid.end_utc for grid in days)


def blocked_on(session: Session, portfolio: Portfolio, day: date) -> Blocked:
    """What the stored faults of a day keep from being planned: those of values that its plan could know.

    A meter that fails on the day itself says nothing of a plan that was made on the day before.
    """
    faults = [
        Verdict(row.sensor, day, row.expectation, False, "error", row.observed, ())
        for row in read_faults(session, day)
        if (sensor := portfolio.sensors.get(row.sensor)) is None or is_known(sensor, day, portfolio)
    ]
    return blocked(faults, portfolio.sensors_of_devices(), portfolio.shared_sensors)
