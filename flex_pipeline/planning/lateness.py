"""Readings that come days later: which days they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from flex_pipeline.planning.outcomes import measuring_sensors
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.lateness import compared_devices, late_days

REMEMBERED = timedelta(days=60)  # what comes later is told with flex-pipeline run


def days_with_late_readings(
    engine: Engine, portfolio: Portfolio, since: datetime, until: datetime, now: datetime
) -> list[date]:
    """The days that are over whose outcomes were noted before what was recorded in (since, until] came in."""
    today = now.astimezone(ZoneInfo(portfolio.settings.timezone)).date()
    sensors = frozenset[str]().union(*(measuring_sensors(site) for site in portfolio.sites))
    with engine.connect() as session:
        return late_days(session, sensors, today - REMEMBERED, today, since, until)


def compared_with_them(engine: Engine, days: Sequence[date]) -> Mapping[date, set[str]]:
    """Of some days and those before them, whose look-ahead they are, the compared ones with the planned devices."""
    with engine.connect() as session:
        return compared_devices(session, sorted({day - timedelta(days=i) for day in days for i in (0, 1)}))
