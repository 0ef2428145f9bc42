"""Reading a day's values from their sources into the warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Engine

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.time_shift import FURTHEST, in_words, publication_shift
from flex_pipeline.quality.usual import day_summaries
from flex_pipeline.quality.verdict import Verdict
from flex_pipeline.sources import Reading, SourceError, Together, Window, fetch, source_name
from flex_pipeline.sources.reading import INSTANT
from flex_pipeline.timeseries.grid import Grid, local_day
from flex_pipeline.warehouse.beliefs import store_readings
from flex_pipeline.warehouse.charging_sessions import store_sessions
from flex_pipeline.warehouse.reading_days import replace_days
from flex_pipeline.warehouse.verdicts import replace_verdicts

READABLE, CLOCK_CHANGE, PUBLICATION = "source can be read", "clock change", "published to midnight"
OF_READINGS = ("sensor", "event_start", "belief_time", "source", "value", "stated")
OF_SESSIONS = (
    *("sensor", "session", "belief_time", "plug", "plugged_out", "capacity_kwh", "stated"),
    pl.col("event_start").alias("plugged_in"),
    pl.col("value").alias("energy_kwh"),
)
FOUND_WHILE_READING = (READABLE, CLOCK_CHANGE, PUBLICATION)


@dataclass(frozen=True)
class Ingested:
    """What came of reading one day."""

    rows: int = 0
    stored: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)  # sensor: what is wrong with its source
    notices: tuple[str, ...] = ()  # what was decided by rule, or looks shifted, each with its sensor


def ingest(
    engine: Engine,
    sensors: Sequence[Sensor],
    base: Path,
    day: date,
    now: datetime,
    together: Together | None = None,
) -> Ingested:
    """Store what the sources hold for the local day of each sensor and can be known by now, in one transaction.

    Each value is believed since when its source says, else from the time its sensor's rule says it could be
    known. A source that cannot be read is noted as a fault of its sensor; the other sensors are not touched by
    it. What was decided by rule while reading is noted as a warning. `together`: the other days that are read too.
    """
    frames: list[pl.DataFrame] = []
    logs: list[pl.DataFrame] = []
    verdicts: list[Verdict] = []
    for sensor in sensors:
        try:
            frame, found = _readings(sensor, base, day, now, together)
        except SourceError as error:
            verdicts.append(Verdict(sensor.name, day, READABLE, False, "error", str(error), ()))
        else:
            (logs if sensor.is_log else frames).append(frame)
            verdicts += found
    with engine.begin() as session:
        stored = store_readings(session, pl.concat(frames), now) if frames else 0
        stored += store_sessions(session, pl.concat(logs), now) if logs else 0
        if frames:
            replace_days(session, day_summaries(pl.concat(frames), sensors, day))
        replace_verdicts(session, [sensor.name for sensor in sensors], day, verdicts, now)
    unreadable = {verdict.sensor: verdict.observed for verdict in verdicts if verdict.expectation == READABLE}
    notices = (f"{said.sensor}: {said.observed}" for said in verdicts if said.expectation != READABLE)
    return Ingested(sum(frame.height for frame in (*frames, *logs)), stored, unreadable, tuple(notices))


def _readings(
    sensor: Sensor, base: Path, day: date, now: datetime, together: Together | None
) -> tuple[pl.DataFrame, list[Verdict]]:
    """What there is to store for a day, with what was noticed. Raises SourceError."""
    grid = local_day(day, ZoneInfo(sensor.timezone), sensor.resolution)
    is_published = sensor.kind == "price" and sensor.known.day_ahead is not None
    # beyond the day, to see where a publication ends
    until = grid.end_utc + (FURTHEST if is_published else timedelta(0))
    reading = fetch(sensor, Window.of(grid.start_utc, until, now, together), base)
    notices = {CLOCK_CHANGE: "; ".join(reading.notices)}
    if is_published:
        notices[PUBLICATION] = _publication(reading, sensor, grid)
    verdicts = [
        Verdict(sensor.name, day, rule, False, "warning", notice, ())
        for rule, notice in notices.items()
        if notice
    ]
    return _believed(reading.values.filter(pl.col("event_start") < grid.end_utc), sensor, now), verdicts


def _publication(reading: Reading, sensor: Sensor, grid: Grid) -> str:
    """What is wrong with where a day-ahead series ends; nothing if it ends at midnight, or further away."""
    known = reading.values.drop_nulls("value")
    last = known["event_start"].max()
    late = publication_shift(last + sensor.resolution, grid.end_utc) if isinstance(last, datetime) else None
    if late is None:
        return ""
    return (
        f"what is published ends {in_words(late)} for midnight in {sensor.timezone}: is the timezone right?"
    )


def _believed(values: pl.DataFrame, sensor: Sensor, now: datetime) -> pl.DataFrame:
    """Values with their source and since when they are believed, as the warehouse takes them, until now."""
    stated = (
        values["belief_time"]
        if "belief_time" in values.columns
        else pl.Series([None] * values.height, dtype=INSTANT)
    )
    return (
        values.with_columns(
            sensor=pl.lit(sensor.name),
            source=pl.lit(source_name(sensor)),
            belief_time=stated.fill_null(pl.Series(_by_rule(values, sensor), dtype=INSTANT)),
            stated=stated.is_not_null(),
        )
        .select(OF_SESSIONS if sensor.is_log else OF_READINGS)
        .filter(pl.col("belief_time") <= now)
    )


def _by_rule(values: pl.DataFrame, sensor: Sensor) -> list[datetime]:
    """Since when values can be known; sessions that are not booked ahead when they are over."""
    zone = ZoneInfo(sensor.timezone)
    if sensor.is_log and sensor.known.day_ahead is None:
        ends = values.select(pl.coalesce("plugged_out", "event_start")).to_series()
        return [end + sensor.known.delay for end in ends]
    return [sensor.known.at(start, sensor.resolution, zone) for start in values["event_start"]]
