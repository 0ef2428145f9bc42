"""A query against a database of somebody else: read-only, by its window, and silent about the password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import SourceError, Window, check_source, fetch, source_name
from flex_pipeline.warehouse.connection import Connection
from tests.sources.conftest import MakeSensor

START = datetime(2026, 10, 25, 0, tzinfo=UTC)  # the clock goes back in Amsterdam at 01:00 UTC
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
QUERY = "select time, kw from meter where time >= :start and time < :end"
METER = """
    create table meter (time timestamptz, kw double precision, said timestamptz);
    insert into meter
    select '2026-10-24 20:00Z'::timestamptz + i * interval '15 minutes', i, '2026-10-25 12:00Z'
    from generate_series(0, 99) as i;
"""


@pytest.fixture
def url(database: Connection, monkeypatch: pytest.MonkeyPatch) -> str:
    with psycopg.connect(database.warehouse.url(), autocommit=True) as session:
        session.execute(METER)
    url = database.warehouse.url()
    monkeypatch.setenv("METER_URL", url)
    return url


@pytest.fixture
def meter(make_sensor: MakeSensor) -> Callable[..., Sensor]:
    def make(query: str = QUERY, changes: dict[str, Any] | None = None, **options: Any) -> Sensor:
        source = {"sql": {"url-env": "METER_URL", "query": query}, "column": "kw", "time-column": "time"}
        return make_sensor(source | options, **(changes or {}))

    return make


def rows(sensor: Sensor) -> list[tuple[Any, ...]]:
    return fetch(sensor, Window(START, START + HOUR, START + HOUR), Path()).values.rows()


def test_a_query_gives_the_rows_of_the_window(url: str, meter) -> None:
    # four hours after the first row: 16, 17, 18, 19
    assert rows(meter()) == [(START + i * QUARTER, 16.0 + i) for i in range(4)]


def test_rows_are_resampled_and_converted_like_those_of_a_file(url: str, meter) -> None:
    hourly = meter(changes={"resolution": "PT1H"}, resolution="PT15M", unit="W")

    assert rows(hourly) == [(START, pytest.approx(0.0175))]  # the mean of 16 to 19 W


def test_the_time_of_belief_comes_from_its_column(url: str, meter) -> None:
    query = "select time, kw, said from meter where time >= :start and time < :end"

    assert {row[2] for row in rows(meter(query, **{"belief-column": "said"}))} == {
        datetime(2026, 10, 25, 12, tzinfo=UTC)
    }


def test_local_times_without_an_offset_follow_the_rule_and_are_reported(url: str, meter) -> None:
    local = """
        select time at time zone 'Europe/Amsterdam' as time, kw from meter
        where time >= :start and time < :end order by meter.time
    """
    reading = fetch(meter(local), Window(START, START + 2 * HOUR, START), Path())

    assert reading.values["value"].to_list() == [16.0 + i for i in range(8)]
    assert "2026-10-25 02:00 to 02:45 comes twice in Europe/Amsterdam (8 rows)" in reading.notices[0]


def test_a_query_cannot_write(url: str, meter) -> None:
    sly = (
        "with gone as (delete from meter where time >= :start and time < :end returning *) select * from gone"
    )

    with pytest.raises(SourceError, match="read-only transaction"):
        rows(meter(sly))
    with psycopg.connect(url) as session:
        assert session.execute("select count(*) from meter").fetchone() == (100,)


def test_a_query_that_takes_too_long_is_ended(url: str, meter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flex_pipeline.sources.sql.QUERY_S", 0.2)
    slow = "select pg_sleep(5)::text as time, 1 as kw where :start < cast(:end as timestamptz)"

    with pytest.raises(SourceError, match="statement timeout"):
        rows(meter(slow))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select tiem, kw from meter where time >= :start and time < :end", 'column "tiem" does not exist'),
        ("select time, kw, kw from meter where time >= :start and time < :end", "two columns of one name"),
        ("select time, 1 as watt from meter where time >= :start and time < :end", "there are: time, watt"),
        (
            "select time, 'much' as kw from meter where time >= :start and time < :end",
            '"much" is not a number',
        ),
        ("select kw as time, kw from meter where time >= :start and time < :end", "holds Float64; times or"),
        (
            "select '{}'::jsonb as kw, time from meter where time >= :start and time < :end",
            "numbers are right",
        ),
    ],
)
def test_a_query_of_another_shape_is_a_fault_of_the_sensor(url: str, meter, query: str, message: str) -> None:
    with pytest.raises(SourceError) as error:
        rows(meter(query))

    assert message in str(error.value)
    assert str(error.value).startswith("sensor home-01.load, sql:METER_URL: ")


def test_no_rows_are_no_values(url: str, meter) -> None:
    assert rows(meter("select time, kw from meter where time < :start and time > :end")) == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:pa55word@127.0.0.1:9/x",
        "postgres://me:pa55word@127.0.0.1:9/x",
        "pa55word",
        "oracle://x:pa55word@h/",
    ],
)
def test_a_database_that_does_not_answer_is_told_without_its_password(
    meter, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("METER_URL", url)

    with pytest.raises(SourceError) as error:
        rows(meter())

    assert "pa55word" not in str(error.value)
    assert error.value.__cause__ is None or "pa55word" not in str(error.value.__cause__)
    assert source_name(meter()) == "sql:METER_URL"


@pytest.mark.parametrize(
    ("sql", "field", "message"),
    [
        ({"query": QUERY}, "source.sql.url-env", "is required; this source takes"),
        ({"url-env": "postgresql://a:b@c/d", "query": QUERY}, "source.sql.url-env", "name of an environment"),
        ({"url-env": "U", "query": "drop table meter"}, "source.sql.query", 'begin with "select" or "with"'),
        ({"url-env": "U", "query": "select * from meter"}, "source.sql.query", "must use :start and :end"),
        (
            {"url-env": "U", "query": "select a::start, b::end"},
            "source.sql.query",
            "must use :start and :end",
        ),
    ],
)
def test_what_cannot_be_asked_is_said_before_asking(sql, field: str, message: str) -> None:
    [(found, _, said)] = check_source({"sql": sql, "column": "kw"})
    assert (found, message in said) == (field, True)
