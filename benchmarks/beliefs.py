"""Beliefs: what loading and reading cost as their number grows, beside a bare COPY of the same rows.

    python -m benchmarks.beliefs            # among 100,000 and 1,000,000 beliefs
    python -m benchmarks.beliefs --full     # and 10,000,000: some minutes and 3 GB of disk

Each sensor has three weeks of quarter-hours with five beliefs each: four forecasts and what was measured.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import polars as pl
import psycopg
from psycopg import sql
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Engine, text

from flex_pipeline.warehouse import embedded, server_account
from flex_pipeline.warehouse.as_of import read_as_of
from flex_pipeline.warehouse.beliefs import store_readings
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import copy_frame, engine, migrate

START = datetime(2026, 6, 1, tzinfo=UTC)
STEP = timedelta(minutes=15)
STEPS, BELIEFS = 2000, 5
SENSORS = 1000  # of which a day is loaded and read
COLUMNS = "sensor_id, event_start, belief_time, source_id, quantile, value"
BARS = {"load / COPY": 2.0, "sensor-week [ms]": 5.0}

FILL = text("""
    insert into flex.belief (sensor_id, event_start, belief_time, source_id, quantile, value)
    select s, e, e + (b - 4) * interval '6 hours', case when b = 4 then 1 else 2 end, 0.5, random()
    from generate_series(1, :sensors) as s
    cross join generate_series(0, :steps - 1) as i
    cross join lateral (select cast(:start as timestamptz) + i * interval '15 minutes' as e) as t
    cross join generate_series(0, :beliefs - 1) as b
""")
WEEK = """
    select event_start, value, source_type from flex.current_belief
    where sensor = %s and event_start >= %s and event_start < %s
"""


def main() -> None:
    """Measure each size in a database of its own, on a server of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="up to 10,000,000 beliefs")
    sizes = [10**5, 10**6] + [10**7] * parser.parse_args().full
    with tempfile.TemporaryDirectory(prefix="flex-beliefs-") as folder:
        Path(folder).chmod(0o755)
        server_account.SHARED_FOLDER = Path(folder) / "shared"
        home = Path(folder) / "postgres"
        try:
            show({size: measure(embedded.start(home), size) for size in sizes})
        finally:
            embedded.stop(home)


def measure(server: Connection, size: int) -> dict[str, float]:
    """What one number of beliefs costs; the keys say the units."""
    name = f"beliefs_{size}"
    with psycopg.connect(server.warehouse.at("postgres").url(), autocommit=True) as session:
        session.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        database = Connection(server.warehouse.at(name), server.warehouse.at(name))
        migrate(database)
        warehouse = engine(database)
        try:
            fill(warehouse, size)
            return {"disk [B/belief]": disk(warehouse) / size, **loading(warehouse), **reading(database)}
        finally:
            warehouse.dispose()
            session.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def fill(warehouse: Engine, size: int) -> None:
    """Sensors, and `size` beliefs about the first of them."""
    with warehouse.begin() as session:
        session.execute(text("insert into flex.portfolio_version (content_hash, content) values ('x', '{}')"))
        session.execute(
            text("""
                insert into flex.sensor (name, kind, unit, resolution, active, version_id)
                select 'sensor-' || n, 'load', 'kW', interval '15 minutes', true, 1
                from generate_series(1, :sensors) as n
            """),
            {"sensors": SENSORS},
        )
        session.execute(
            text("insert into flex.source (name, type) values ('meter', 'reading'), ('model', 'forecaster')")
        )
        months = {"first": START, "last": START + 60 * timedelta(days=1)}
        session.execute(text("select flex.ensure_belief_months(:first, :last)"), months)
        shape = {"sensors": size // STEPS // BELIEFS, "steps": STEPS, "beliefs": BELIEFS, "start": START}
        session.execute(FILL, shape)
    vacuum(warehouse)


def vacuum(warehouse: Engine) -> None:
    """What autovacuum does within a minute, now."""
    with warehouse.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        session.execute(text("vacuum (analyze) flex.belief"))


def disk(warehouse: Engine) -> float:
    """Bytes of the beliefs with their index."""
    query = "select sum(pg_total_relation_size(relid)) from pg_partition_tree('flex.belief')"
    with warehouse.connect() as session:
        return float(session.execute(text(query)).scalar_one())


def day_of(offset: int) -> pl.DataFrame:
    """A day of readings of all sensors that is not stored yet: 96,000 rows."""
    start = START + timedelta(days=25 + offset)
    events = pl.DataFrame({"event_start": [start + i * STEP for i in range(96)]})
    sensors = pl.DataFrame({"sensor": [f"sensor-{i}" for i in range(1, SENSORS + 1)]})
    return sensors.join(events, how="cross").select(
        "sensor",
        pl.col("event_start").cast(pl.Datetime("us", "UTC")),
        (pl.col("event_start") + STEP).cast(pl.Datetime("us", "UTC")).alias("belief_time"),
        pl.lit("meter").alias("source"),
        pl.int_range(pl.len()).cast(pl.Float64).alias("value"),
    )


def loading(warehouse: Engine) -> dict[str, float]:
    """A day of 1,000 sensors: bare COPY, our load, and the same day again. Best of three, taking turns."""
    copied, loaded, again = [], [], []
    for i in range(3):
        csv = bare_csv(day_of(2 * i))
        copied.append(seconds(warehouse, partial(copy_frame, table="flex.belief", columns=COLUMNS, csv=csv)))
        day = day_of(2 * i + 1)
        load = partial(store_readings, readings=day, read_at=START + timedelta(days=60))
        loaded.append(seconds(warehouse, load))
        again.append(seconds(warehouse, lambda session, load=load: refuse_new(load(session))))
    vacuum(warehouse)
    return {
        "COPY of 96,000 [s]": min(copied),
        "load of 96,000 [s]": min(loaded),
        "load / COPY": min(loaded) / min(copied),
        "the same again [s]": min(again),
    }


def bare_csv(day: pl.DataFrame) -> bytes:
    """The rows of a day as the table has them."""
    sensor_id, source_id, quantile = (
        pl.col("sensor").str.slice(7),
        pl.lit(1).alias("s"),
        pl.lit(0.5).alias("q"),
    )
    rows = day.select(sensor_id, "event_start", "belief_time", source_id, quantile, "value")
    return rows.write_csv(include_header=False).encode()


def refuse_new(stored: int) -> None:
    """The same day again stores nothing."""
    assert stored == 0, f"{stored} rows were stored twice"


def reading(database: Connection) -> dict[str, float]:
    """A week of one sensor as it is believed now, and a day of 1,000 sensors as it was believed at a time."""
    with psycopg.connect(database.url) as session:
        weeks = [min(week_seconds(session, f"sensor-{i}") for _ in range(3)) for i in range(1, 11)]
    names = [f"sensor-{i}" for i in range(1, SENSORS + 1)]
    start = START + timedelta(days=26)
    days = []
    for _ in range(3):
        with engine(database).connect() as session:
            began = time.perf_counter()
            frame = read_as_of(session, names, start, start + timedelta(days=1), start + timedelta(days=2))
            days.append(time.perf_counter() - began)
            assert frame.height == 96 * SENSORS
    return {"sensor-week [ms]": 1000 * statistics.median(weeks), "day of 1,000 sensors [s]": min(days)}


def week_seconds(session: psycopg.Connection[tuple[object, ...]], sensor: str) -> float:
    """How long it takes to have what is believed now about a week of a sensor."""
    began = time.perf_counter()
    found = session.execute(WEEK, [sensor, START, START + timedelta(days=7)]).fetchall()
    took = time.perf_counter() - began
    assert len(found) == 672
    return took


def seconds(warehouse: Engine, work: Callable[..., object]) -> float:
    """How long a transaction takes, commit included."""
    began = time.perf_counter()
    with warehouse.begin() as session:
        work(session)
    return time.perf_counter() - began


def show(results: dict[int, dict[str, float]]) -> None:
    """A row a measure, a column a size."""
    table = Table("among", *(f"{size:,}" for size in results), "at most")
    for measure in next(iter(results.values())):
        bar = BARS.get(measure)
        values = (f"{found[measure]:.3g}" for found in results.values())
        table.add_row(escape(measure), *values, f"{bar:g}" if bar else "")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
