"""A file as a whole, as the pipeline would judge it day by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.judge import judge_days
from flex_pipeline.quality.usual import LOOK_BACK, Comparison, day_summaries, usual
from flex_pipeline.quality.verdict import Verdict
from flex_pipeline.sources import fetch
from flex_pipeline.sources.reading import Window

LATER = datetime(2030, 1, 1, tzinfo=UTC)


def sensor(kind: str, unit: str, timezone: str, source: Mapping[str, Any], **fields: Any) -> Sensor:
    given: dict[str, Any] = {"resolution": "PT1H"} | fields
    return Sensor(unit=unit, kind=kind, timezone=timezone, source=dict(source), **({"name": kind} | given))


def faults(
    judged: Sensor, first: date, last: date, folder: Path
) -> tuple[dict[str, dict[date, Verdict]], tuple[str, ...]]:
    """By rule and day all failed verdicts from the first to the last day, and what was noticed while reading."""
    zone = ZoneInfo(judged.timezone)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    start, end = (
        datetime.combine(day, datetime.min.time(), zone) for day in (first, last + timedelta(days=1))
    )
    reading = fetch(judged, Window.of(start, end, LATER), folder)
    stored = reading.values.select(pl.lit(judged.name).alias("sensor"), "event_start", "value")
    by_day = stored.group_by(
        pl.col("event_start").dt.convert_time_zone(judged.timezone).dt.date(), maintain_order=True
    )
    summaries = pl.concat([day_summaries(part, [judged], key[0]) for key, part in by_day])
    compared = {
        day: Comparison(
            usual(summaries.filter(pl.col("date").is_between(day - LOOK_BACK, day, closed="left")), day)
        )
        for day in days
    }
    found: dict[str, dict[date, Verdict]] = {}
    for verdict in judge_days(stored, [judged], compared, due_until=LATER):
        if not verdict.passed:
            found.setdefault(verdict.expectation, {})[verdict.day] = verdict
    return found, reading.notices
