"""Reading a day's values from their sources into the warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Engine

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.verdict import Verdict
from flex_pipeline.sources import SourceError, read, source_name
from flex_pipeline.timeseries.grid import local_day
from flex_pipeline.warehouse.beliefs import store_readings
from flex_pipeline.warehouse.verdicts import replace_verdicts

READABLE = "source can be read"


@dataclass(frozen=True)
class Ingested:
    """What came of reading one day."""

    rows: int = 0
    stored: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)  # sensor: what is wrong with its source


def ingest(engine: Engine, sensors: Sequence[Sensor], base: Path, day: date, now: datetime) -> Ingested:
    """Store what the sources hold for the local day of each sensor and can be known by now, in one transaction.

    Each value is believed from the time its sensor's rule says it could be known. A source that cannot be read
    is noted as a fault of its sensor; the other sensors are not touched by it.
    """
    frames, unreadable = [], {}
    for sensor in sensors:
        try:
            frames.append(_readings(sensor, base, day, now))
        except SourceError as error:
            unreadable[sensor.name] = str(error)
    names = [sensor.name for sensor in sensors]
    verdicts = [Verdict(name, day, READABLE, False, "error", fault, ()) for name, fault in unreadable.items()]
    with engine.begin() as session:
        stored = store_readings(session, pl.concat(frames), now) if frames else 0
        replace_verdicts(session, names, day, verdicts, now)
    return Ingested(sum(frame.height for frame in frames), stored, unreadable)


def _readings(sensor: Sensor, base: Path, day: date, now: datetime) -> pl.DataFrame:
    timezone = ZoneInfo(sensor.timezone)
    grid = local_day(day, timezone, sensor.resolution)
    frame = read(sensor, grid.start_utc, grid.end_utc, base)
    known = [sensor.known.at(start, sensor.resolution, timezone) for start in frame["event_start"]]
    return frame.select(
        pl.lit(sensor.name).alias("sensor"),
        "event_start",
        pl.Series("belief_time", known, pl.Datetime("us", "UTC")),
        pl.lit(source_name(sensor)).alias("source"),
        "value",
    ).filter(pl.col("belief_time") <= now)
