"""What was decided by rule where the clocks change, in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from flex_pipeline.sources.reading import Window
from flex_pipeline.sources.wall_clock import DaylightSaving, parse_times

_RULE: dict[DaylightSaving, str] = {
    "wall": "the first time a stamp occurs was taken as summer time, later ones as standard time",
    "normalised": "its values were given to both hours",
}


def clock_changes(
    table: pl.DataFrame, time_column: str, zone: str, daylight: DaylightSaving, window: Window
) -> tuple[str, ...]:
    """A sentence for each change of the clock in the window that rows without an offset fall on.

    `table` holds the rows of the source, whose times can be read (`wall_clock.event_starts` has done so).
    """
    local_zone = ZoneInfo(zone)
    first, last = (instant.astimezone(local_zone) for instant in (window.start, window.end))
    if first.utcoffset() == last.utcoffset() or table.is_empty():
        return ()
    times = parse_times(table[time_column])
    if times.dtype == pl.Datetime("us", "UTC"):
        return ()
    near = times.filter(times.is_between(_naive(first), _naive(last))).alias("time")
    summer = near.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    standard = near.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    twice = near.filter((summer != standard).fill_null(False))
    never = near.filter(summer.is_null())
    return tuple(said for said in (_twice(twice, zone, daylight), _never(never, zone)) if said)


def _naive(instant: datetime) -> datetime:
    return instant.replace(tzinfo=None, fold=0)


def _span(times: pl.Series) -> str:
    first, last = times.min(), times.max()
    assert isinstance(first, datetime)
    assert isinstance(last, datetime)
    return f"{first:%Y-%m-%d %H:%M}" + (f" to {last:%H:%M}" if last - first > timedelta(0) else "")


def _twice(times: pl.Series, zone: str, daylight: DaylightSaving) -> str | None:
    if times.is_empty():
        return None
    if daylight == "wall" and times.n_unique() == len(times):
        rule = "the source has it once, which was taken as summer time: the hour of standard time is missing"
    else:
        rule = _RULE[daylight]
    return f"{_span(times)} comes twice in {zone} ({len(times)} rows): {rule}"


def _never(times: pl.Series, zone: str) -> str | None:
    if times.is_empty():
        return None
    return f"{_span(times)} does not exist in {zone} ({len(times)} rows): they were left out"
