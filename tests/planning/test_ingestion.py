"""A day's values on their way into the warehouse: since when they are believed, and what is said of them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from flex_pipeline.planning.checking import check
from flex_pipeline.planning.ingestion import CLOCK_CHANGE, PUBLICATION, READABLE, Ingested, ingest
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.warehouse.as_of import read_as_of
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.verdicts import read_verdicts
from tests.sources.local_server import Reply, serving
from tests.warehouse.sensors import warehouse_with

HOUR = timedelta(hours=1)
DAY = date(2026, 10, 25)  # 25 hours in Amsterdam, from 22:00 UTC on the day before
MIDNIGHT = datetime(2026, 10, 24, 22, tzinfo=UTC)
NOW = datetime(2026, 10, 27, tzinfo=UTC)


@pytest.fixture
def warehouse(database: Connection) -> Engine:
    return warehouse_with(database, load=("load", "kW"), price=("price", "EUR/MWh"))


def sensor(kind: str = "load", unit: str = "kW", **source: str) -> Sensor:
    known = {"day-ahead": "13:00"} if kind == "price" else {}
    return Sensor(
        name=kind,
        unit=unit,
        resolution="PT1H",
        kind=kind,
        timezone="Europe/Amsterdam",
        known=known,
        source={"csv": f"{kind}.csv", "column": "value"} | source,
    )


def read_day(
    warehouse: Engine, tmp_path: Path, sensor: Sensor, rows: list[str], now: datetime = NOW
) -> Ingested:
    (tmp_path / f"{sensor.name}.csv").write_text("\n".join(rows) + "\n")
    return ingest(warehouse, [sensor], tmp_path, DAY, now)


def warnings(warehouse: Engine, name: str) -> dict[str, str]:
    with warehouse.connect() as session:
        return {
            str(row.expectation): str(row.observed)
            for row in read_verdicts(session, [name], DAY)
            if not row.passed and row.severity == "warning"
        }


def test_a_value_is_believed_since_when_its_source_says_and_else_by_the_rule(
    warehouse: Engine, tmp_path: Path
) -> None:
    rows = [
        "timestamp,value,issued",
        "2026-10-24T22:00Z,1,2026-10-23T00:00Z",
        "2026-10-24T22:00Z,2,2026-10-24T12:00Z",
    ]
    read_day(warehouse, tmp_path, sensor(**{"belief-column": "issued"}), rows)

    def believed(as_of: datetime) -> list[float]:
        with warehouse.connect() as session:
            return read_as_of(session, ["load"], MIDNIGHT, MIDNIGHT + HOUR, as_of)["value"].to_list()

    assert believed(datetime(2026, 10, 23, 1, tzinfo=UTC)) == [1.0]
    assert believed(datetime(2026, 10, 24, 13, tzinfo=UTC)) == [2.0]
    assert believed(datetime(2026, 10, 22, tzinfo=UTC)) == []


def test_what_is_not_believed_yet_is_not_stored(warehouse: Engine, tmp_path: Path) -> None:
    rows = ["timestamp,value", *(f"{MIDNIGHT + h * HOUR:%Y-%m-%dT%H:%MZ},{h}" for h in range(25))]

    # the meter's hour is known when it is over
    assert read_day(warehouse, tmp_path, sensor(), rows, MIDNIGHT + 3 * HOUR).stored == 3


def test_the_hour_that_comes_twice_is_reported_and_the_report_outlasts_the_check(
    warehouse: Engine, tmp_path: Path
) -> None:
    meter = sensor()
    local = [*(f"{h:02d}:00" for h in (0, 1, 2, 2)), *(f"{h:02d}:00" for h in range(3, 24))]
    done = read_day(
        warehouse, tmp_path, meter, ["timestamp,value", *(f"2026-10-25 {time},1" for time in local)]
    )
    assert done.stored == 25
    assert done.notices == (f"load: {warnings(warehouse, 'load')[CLOCK_CHANGE]}",)

    check(warehouse, [meter], DAY, NOW)

    assert (
        "2026-10-25 02:00 comes twice in Europe/Amsterdam (2 rows)"
        in warnings(warehouse, "load")[CLOCK_CHANGE]
    )


@pytest.mark.parametrize(("first", "said"), [(0, None), (1, "1 h late"), (-2, "2 h early")])
def test_prices_that_do_not_end_at_midnight_are_named(
    warehouse: Engine, tmp_path: Path, first: int, said: str | None
) -> None:
    rows = [f"{MIDNIGHT + (h + first) * HOUR:%Y-%m-%dT%H:%MZ},{h}" for h in range(25)]
    read_day(warehouse, tmp_path, sensor("price", "EUR/MWh"), ["timestamp,value", *rows])

    observed = warnings(warehouse, "price").get(PUBLICATION)
    assert observed == (
        said and f"what is published ends {said} for midnight in Europe/Amsterdam: is the timezone right?"
    )


def test_a_source_that_breaks_half_way_leaves_the_day_as_it_was(warehouse: Engine, tmp_path: Path) -> None:
    rows = ["timestamp,value", *(f"{MIDNIGHT + h * HOUR:%Y-%m-%dT%H:%MZ},{h}" for h in range(25))]
    read_day(warehouse, tmp_path, sensor(), rows)
    torn = [*rows[:10], "2026-10-25T09:00Z,twel"]

    done = read_day(warehouse, tmp_path, sensor(), [row.replace(",1", ",9") for row in torn])

    assert done.stored == 0
    assert '"twel" is not a number' in done.unreadable["load"]
    with warehouse.connect() as session:
        stored = read_as_of(session, ["load"], MIDNIGHT, MIDNIGHT + 25 * HOUR, NOW)
        [fault] = [row for row in read_verdicts(session, ["load"], DAY) if row.severity == "error"]
    assert stored["value"].to_list() == [float(h) for h in range(25)]
    assert fault.expectation == READABLE


def test_a_key_that_a_server_repeats_is_neither_in_the_database_nor_in_what_is_told(
    warehouse: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "0f1e2d3c-4b5a"
    monkeypatch.setenv("ENTSOE_API_KEY", key)
    with serving() as web:
        web.replies = [Reply(f"Invalid security token {key}", 401)]
        question = {"entsoe": {"area": "NL", "url": web.url}}
        price = sensor("price", "EUR/MWh").model_copy(update={"source": question})
        done = ingest(warehouse, [price], tmp_path, DAY, NOW)

    assert web.asked[0].params["securityToken"] == key
    assert "Invalid security token ***; is the key in ENTSOE_API_KEY right?" in done.unreadable["price"]
    with warehouse.connect() as session:
        stored = session.execute(text("select observed from flex.data_quality")).scalars().all()
    assert stored == [done.unreadable["price"]]
    assert key not in str(done)
