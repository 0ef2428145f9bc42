"""When models are trained: at the planning times of certain days, so that a day has one, whenever it is asked for.

A week of dates, Tuesday to Monday, is forecast by the models of the Monday before its first.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flex_pipeline.portfolio.kind import Kind
from flex_pipeline.portfolio.portfolio import Settings

WEEK = 7
# weekly instead of once in 84 days is worth 1.5 % of the error of a household; panels and markets change slower, and
# LEAR itself is fitted anew with every forecast
EVERY_DAYS: dict[Kind, int] = {"pv": 28, "price": 28}
TUESDAY = date(1, 1, 2)


def first_of_week(day: date) -> date:
    """The Tuesday that the week of a date begins with."""
    return _first(day, WEEK)


def training_time(settings: Settings, kind: Kind, origin: datetime) -> datetime:
    """The last time (UTC), by a planning time, as of which models of a kind are trained."""
    planned = origin.astimezone(ZoneInfo(settings.timezone)).date() + timedelta(days=1)
    return settings.planned_at(_first(planned, EVERY_DAYS.get(kind, WEEK)))


def _first(day: date, length: int) -> date:
    return day - timedelta(days=(day - TUESDAY).days % length)
