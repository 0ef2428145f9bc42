"""When a day is planned, and how far ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flex_pipeline.portfolio.portfolio import Settings
from flex_pipeline.timeseries.grid import local_day


@dataclass(frozen=True)
class Horizon:
    """The local day of a site and the look-ahead behind it, seen from the planning time. All UTC."""

    planning_time: datetime
    start: datetime
    day_end: datetime
    end: datetime


def planning_time(settings: Settings, day: date, now: datetime) -> datetime:
    """When a day is planned; where that lies ahead, the latest planning time that has passed.

    So a plan made in the morning for tomorrow is a provisional one, on forecast prices, and making it twice
    between two planning times gives the same plan.
    """
    passed = day
    while settings.planned_at(passed) > now:
        passed -= timedelta(days=1)
    return settings.planned_at(passed)


def horizon(settings: Settings, timezone: str, day: date, now: datetime) -> Horizon:
    """The horizon of a local day."""
    grid = local_day(day, ZoneInfo(timezone), settings.resolution)
    return Horizon(
        planning_time(settings, day, now), grid.start_utc, grid.end_utc, grid.end_utc + settings.look_ahead
    )


def last_in_full(settings: Settings, measured: date) -> date:
    """The last day whose look-ahead has ended, too, when a local day has.

    It is not always the same number of days before: the day on which the clock goes forward has 23 hours.
    """
    zone, day = ZoneInfo(settings.timezone), measured
    over = local_day(measured, zone, settings.resolution).end_utc
    while local_day(day, zone, settings.resolution).end_utc + settings.look_ahead > over:
        day -= timedelta(days=1)
    return day
