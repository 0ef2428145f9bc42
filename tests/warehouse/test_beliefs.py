"""Beliefs: nothing is stored twice, nothing is lost, and nothing is read before it was known."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from flex_pipeline.warehouse.as_of import read_as_of
from flex_pipeline.warehouse.beliefs import read_stored, store_forecasts, store_readings
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import MIGRATIONS, migrate
from flex_pipeline.warehouse.recording import reading_time
from tests.warehouse.sensors import warehouse_with

START = datetime(2026, 12, 31, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def warehouse(database: Connection) -> Engine:
    return warehouse_with(database, load=("load", "kW"))


def beliefs(*rows: tuple[int, float, int], source: str = "meter") -> pl.DataFrame:
    """Rows of (hour of the event, value, hour since which it is believed)."""
    return pl.DataFrame(
        {
            "sensor": "load",
            "event_start": [START + h * HOUR for h, _, _ in rows],
            "belief_time": [START + b * HOUR for _, _, b in rows],
            "source": source,
            "value": [value for _, value, _ in rows],
        },
        schema_overrides={
            "event_start": pl.Datetime("us", "UTC"),
            "belief_time": pl.Datetime("us", "UTC"),
            "value": pl.Float64,
        },
    )


def store(warehouse: Engine, frame: pl.DataFrame, read_at: datetime) -> int:
    with warehouse.begin() as session:
        return store_readings(session, frame, read_at)


def believed(warehouse: Engine, as_of: datetime) -> list[tuple[float, str]]:
    with warehouse.connect() as session:
        frame = read_as_of(session, ["load"], START, START + 100 * HOUR, as_of)
    return list(frame.select("value", "source_type").iter_rows())


def test_the_schema_can_be_brought_up_to_date_twice(warehouse: Engine, database: Connection) -> None:
    migrate(database)

    newest = max(MIGRATIONS.glob("versions/*.py")).name[:4]
    with warehouse.connect() as session:
        assert session.execute(text("select version_num from schema_version")).scalar() == newest


def test_the_same_readings_are_stored_once(warehouse: Engine) -> None:
    frame = beliefs((0, 1.0, 1), (1, 2.0, 2))  # over new year: two partitions

    assert store(warehouse, frame, START + 5 * HOUR) == 2
    assert store(warehouse, frame, START + 6 * HOUR) == 0


def test_a_correction_is_believed_from_when_it_was_read_and_the_old_value_until_then(
    warehouse: Engine,
) -> None:
    store(warehouse, beliefs((0, 1.0, 1)), START + 2 * HOUR)
    store(warehouse, beliefs((0, 9.0, 1)), START + 5 * HOUR)

    assert believed(warehouse, START) == []
    assert believed(warehouse, START + 4 * HOUR) == [(1.0, "reading")]
    assert believed(warehouse, START + 5 * HOUR) == [(9.0, "reading")]


def test_beliefs_with_a_time_that_the_source_states_are_kept_side_by_side_in_any_order(
    warehouse: Engine,
) -> None:
    # what the run of three hours before said comes after what the newest run said, and neither is a correction
    newest, older = (beliefs(row).with_columns(stated=True) for row in ((0, 9.0, 4), (0, 1.0, 1)))
    assert store(warehouse, newest, START + 5 * HOUR) == 1
    assert store(warehouse, older, START + 6 * HOUR) == 1
    assert store(warehouse, pl.concat([older, newest]), START + 7 * HOUR) == 0

    assert believed(warehouse, START + 3 * HOUR) == [(1.0, "reading")]
    assert believed(warehouse, START + 7 * HOUR) == [(9.0, "reading")]


def test_beliefs_of_one_step_at_two_times_are_no_repetition(warehouse: Engine) -> None:
    store(warehouse, beliefs((0, 1.0, 1), (0, 9.0, 4)).with_columns(stated=True), START + 5 * HOUR)

    with warehouse.connect() as session:
        assert read_stored(session, ["load"], START, START + HOUR)["value"].to_list() == [9.0]


def test_of_repeated_values_the_last_is_believed_and_all_are_judged(warehouse: Engine) -> None:
    store(warehouse, beliefs((0, 1.0, 1), (0, 3.0, 1)), START + 2 * HOUR)

    with warehouse.connect() as session:
        stored = read_stored(session, ["load"], START, START + HOUR)
    assert believed(warehouse, START + 2 * HOUR) == [(3.0, "reading")]
    assert sorted(stored["value"]) == [1.0, 3.0]


def test_a_reading_stands_before_a_newer_forecast(warehouse: Engine) -> None:
    forecast = beliefs((0, 5.0, -2), (1, 6.0, -2), source="naive").with_columns(quantile=pl.lit(0.5))
    with warehouse.begin() as session:
        store_forecasts(session, forecast)
    store(warehouse, beliefs((0, 1.0, -3)), START)

    assert believed(warehouse, START) == [(1.0, "reading"), (6.0, "forecaster")]


def test_a_forecast_made_again_takes_the_place_of_the_first(warehouse: Engine) -> None:
    for value in (5.0, 7.0):
        with warehouse.begin() as session:
            frame = beliefs((0, value, -2), source=f"model {value}").with_columns(quantile=pl.lit(0.5))
            store_forecasts(session, frame)

    with warehouse.connect() as session:
        assert session.execute(text("select array_agg(value) from flex.belief")).scalar() == [7.0]


def test_what_a_source_restates_keeps_the_value_before_it_for_who_read_that(warehouse: Engine) -> None:
    stated = beliefs((0, 1.0, 1)).with_columns(stated=pl.lit(True))
    store(warehouse, stated, START)
    then = reading_time(warehouse)
    store(warehouse, stated.with_columns(value=pl.lit(2.0)), START)

    with warehouse.connect() as session:
        as_of = START, START + HOUR, START + 2 * HOUR
        now = read_as_of(session, ["load"], *as_of)["value"].to_list()
        before = read_as_of(session, ["load"], *as_of, recorded_by=then)["value"].to_list()
    assert (now, before) == ([2.0], [1.0])


def test_what_is_made_again_as_it_was_has_not_been_replaced(warehouse: Engine) -> None:
    forecast = beliefs((0, 5.0, -2), (1, 6.0, -2), source="naive").with_columns(quantile=pl.lit(0.5))
    for frame in (forecast, forecast, forecast.with_columns(value=pl.Series([5.0, 7.0]))):
        with warehouse.begin() as session:
            store_forecasts(session, frame)

    with warehouse.connect() as session:
        kept = session.execute(text("select value from flex.replaced_belief")).scalars().all()
        times = session.execute(text("select recorded_at from flex.belief order by value")).scalars().all()
    assert kept == [6.0]
    assert times[0] < times[1]


def test_who_reads_waits_for_who_stores(warehouse: Engine) -> None:
    with ThreadPoolExecutor(1) as elsewhere, warehouse.connect() as session:
        store_readings(session, beliefs((0, 1.0, 1)), START)
        asked = elsewhere.submit(reading_time, warehouse)
        with pytest.raises(TimeoutError):
            asked.result(timeout=0.3)
        session.commit()
        read_at = asked.result(timeout=10)
        recorded_at = session.execute(text("select max(recorded_at) from flex.belief")).scalar()

    assert recorded_at is not None
    assert recorded_at < read_at


def test_a_failure_half_way_leaves_nothing(warehouse: Engine) -> None:
    session = warehouse.connect()
    store_readings(session, beliefs((0, 1.0, 1)), START)
    session.close()  # as when the process dies before it commits

    assert believed(warehouse, START + 9 * HOUR) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 9).map(float), st.integers(-3, 12)),
        min_size=1,
        max_size=8,
    ),
    as_of=st.integers(-4, 13),
)
def test_what_is_read_as_of_a_time_was_known_then(
    warehouse: Engine, rows: list[tuple[int, float, int]], as_of: int
) -> None:
    with warehouse.begin() as session:
        session.execute(text("truncate flex.belief"))
    oldest_first = sorted(rows, key=lambda row: row[2])
    for row in oldest_first:  # each is read when it becomes known
        store(warehouse, beliefs(row), START + row[2] * HOUR)

    known = {event: value for event, value, since in oldest_first if since <= as_of}
    expected = [(value, "reading") for _, value in sorted(known.items())]
    assert believed(warehouse, START + as_of * HOUR) == expected
