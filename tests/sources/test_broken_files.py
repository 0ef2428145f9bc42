"""Files as they should not be: a SourceError with the sensor in it, or values; never anything else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import SourceError, Window, fetch
from flex_pipeline.sources.dropped_folder import Arrival, DroppedFolderSource, Refusal, take_in
from flex_pipeline.sources.http import Answer
from flex_pipeline.sources.reading import INSTANT

START = datetime(2026, 10, 24, 22, tzinfo=UTC)  # a day of 25 hours in Amsterdam
WINDOW = Window(START, START + timedelta(hours=25), START + timedelta(days=3))
QUARTERS = [START + i * timedelta(minutes=15) for i in range(100)]
GOOD = "timestamp,kw\n" + "".join(f"{time:%Y-%m-%dT%H:%MZ},{i / 7:.3f}\n" for i, time in enumerate(QUARTERS))
PLACE = {"latitude": 52.37, "longitude": 4.9, "timezone": "Europe/Amsterdam"}
WHOLE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def meter(source: dict[str, Any], **changes: Any) -> Sensor:
    usual = {"name": "meter", "unit": "kW", "resolution": "PT15M", "kind": "load"} | PLACE
    return Sensor(source=source, **(usual | changes))


def fetched_or_faulty(sensor: Sensor, folder: Path) -> pl.DataFrame | None:
    """What is read, after a look at its shape; None for a fault that names its sensor."""
    fault = None
    try:
        values = fetch(sensor, WINDOW, folder).values
    except SourceError as error:
        fault = error
    if fault is not None:
        assert str(fault).startswith(f"sensor {sensor.name}, {fault.file or ''}")
        assert fault.field
        return None
    assert values.schema["event_start"] == INSTANT
    assert values.schema["value"] == pl.Float64
    assert values["event_start"].is_between(WINDOW.start, WINDOW.end, closed="left").all()
    assert values["value"].drop_nulls().is_finite().all()
    return values


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file cut off, with a piece overwritten, doubled or lost."""
    at = draw(st.integers(0, len(whole)))
    until = draw(st.integers(at, min(len(whole), at + 40)))
    piece = draw(st.one_of(st.just(b""), st.binary(max_size=20), st.just(whole[at:until] * 2)))
    return whole[:at] + piece + draw(st.sampled_from([whole[until:], b""]))


CELLS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", "NaN", "1e999", "-inf", "1,5", '"', '"1\n2"', "0x10", "1_000", "٣", "²", "1e400", "\x00"]
    ),
)
STAMPS = st.one_of(
    CELLS,
    st.sampled_from(QUARTERS).map(lambda time: f"{time:%Y-%m-%dT%H:%MZ}"),
    st.sampled_from(["2026-10-25 02:00", "2026-03-29 02:30", "25/10/2026 02:00", "0001-01-01T00:00Z"]),
    st.sampled_from(["9999-12-31T23:59Z", "9999-12-31 23:59", "2026-10-25T02:00+25:00", "1e9", "2026-10-25"]),
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "stamp": st.sampled_from(["start", "end"]),
        "daylight-saving": st.sampled_from(["wall", "normalised"]),
        "resolution": st.sampled_from(["PT15M", "PT5M", "PT1H", "PT7M", "P1D"]),
        "values": st.sampled_from(["average", "total", "state"]),
        "unit": st.sampled_from(["W", "kWh", "%", "degC"]),
        "empty": st.sampled_from(["missing", "zero-at-night"]),
        "belief-column": st.sampled_from(["timestamp", "kw", "none"]),
        "timezone": st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns"]),
    },
)


@WHOLE
@given(content=st.one_of(st.binary(max_size=300), damaged(GOOD.encode())), options=OPTIONS)
def test_a_damaged_csv_is_read_or_told(folder: Path, content: bytes, options: dict[str, str]) -> None:
    (folder / "m.csv").write_bytes(content)

    fetched_or_faulty(meter({"csv": "m.csv", "column": "kw"} | options), folder)


@WHOLE
@given(rows=st.lists(st.tuples(STAMPS, CELLS), max_size=6), options=OPTIONS)
@example(rows=[("9999-12-31T23:59Z", "1")], options={"resolution": "PT5M"})
@example(rows=[("0001-01-01T00:00Z", "1")], options={"stamp": "end", "resolution": "PT1H"})
def test_a_csv_of_strange_cells_is_read_or_told(
    folder: Path, rows: list[tuple[str, str]], options: dict[str, str]
) -> None:
    text = "timestamp,kw\n" + "".join(f"{stamp},{cell}\n" for stamp, cell in rows)
    (folder / "m.csv").write_text(text, encoding="utf-8", errors="replace")

    fetched_or_faulty(meter({"csv": "m.csv", "column": "kw"} | options), folder)


@pytest.fixture(scope="module")
def parquet() -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        pl.read_csv(GOOD.encode(), try_parse_dates=True).write_parquet(file.name)
        return Path(file.name).read_bytes()


@WHOLE
@given(data=st.data())
def test_a_damaged_parquet_is_read_or_told(folder: Path, parquet: bytes, data: st.DataObject) -> None:
    (folder / "m.parquet").write_bytes(data.draw(damaged(parquet)))

    fetched_or_faulty(meter({"parquet": "m.parquet", "column": "kw"}), folder)


COLUMNS = st.sampled_from(
    [
        pl.Series([1, 2]),
        pl.Series([1.5, float("nan")]),
        pl.Series(["a", "1"]),
        pl.Series([True, False]),
        pl.Series([None, None]),
        pl.Series([[1], [2]]),
        pl.Series([b"x", b"y"]),
        pl.Series([{"a": 1}, {"a": 2}]),
        pl.Series([timedelta(1), timedelta(2)]),
        pl.Series([START, START + timedelta(hours=1)]),
        pl.Series([START.replace(tzinfo=None)] * 2),
        pl.Series([START.date(), START.date()]),
        pl.Series([2**63, 2**64 - 1], dtype=pl.UInt64),
    ]
)


@WHOLE
@given(times=COLUMNS, values=COLUMNS, options=OPTIONS)
def test_a_parquet_of_strange_types_is_read_or_told(
    folder: Path, times: pl.Series, values: pl.Series, options: dict[str, str]
) -> None:
    pl.DataFrame({"timestamp": times, "kw": values}).write_parquet(folder / "m.parquet")

    fetched_or_faulty(meter({"parquet": "m.parquet", "column": "kw"} | options), folder)


@WHOLE
@given(content=damaged(GOOD.encode()))
def test_a_damaged_file_that_is_dropped_is_taken_whole_or_set_aside(folder: Path, content: bytes) -> None:
    inbox = folder / "inbox"
    inbox.mkdir(exist_ok=True)
    (inbox / "m.csv").write_bytes(content)
    sensor = meter({"dropped-folder": {"path": "inbox"}, "column": "kw"})

    [taken] = take_in(
        inbox,
        [(DroppedFolderSource.model_validate(sensor.source), sensor)],
        datetime.now(UTC) + timedelta(minutes=1),
    )

    values = fetched_or_faulty(sensor, folder)
    assert values is not None  # what was accepted can be read
    if isinstance(taken, Refusal):
        assert taken.path.with_name(taken.path.name + ".reason.txt").read_text().strip()
    assert isinstance(taken, Arrival | Refusal)
    for part in ("accepted", "quarantine"):
        for path in (inbox / part).glob("*"):
            path.unlink()


ANSWERS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                [
                    "hourly",
                    "hourly_units",
                    "time",
                    "temperature_2m",
                    "values",
                    "unit",
                    "start",
                    "duration",
                    "reason",
                ]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)
XML = """<?xml version="1.0"?>
<Publication_MarketDocument xmlns="p"><TimeSeries><currency_Unit.name>EUR</currency_Unit.name>
<price_Measure_Unit.name>MWH</price_Measure_Unit.name><curveType>A03</curveType><Period><timeInterval>
<start>2026-10-24T22:00Z</start><end>2026-10-25T23:00Z</end></timeInterval><resolution>PT60M</resolution>
<Point><position>1</position><price.amount>5</price.amount></Point></Period></TimeSeries></Publication_MarketDocument>"""


def answering(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setenv("ENTSOE_API_KEY", "a-key")
    monkeypatch.setenv("FLEXMEASURES_TOKEN", "a-token")
    answer = Answer(200, body, "https://example.org")
    monkeypatch.setattr("flex_pipeline.sources.http.get", lambda *_, **__: answer)


@WHOLE
@given(answer=ANSWERS)
def test_any_json_is_read_or_told(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    answering(monkeypatch, json.dumps(answer).encode())

    weather = {"variable": "temperature_2m"}
    fetched_or_faulty(meter({"open-meteo": weather}, kind="temperature", unit="degC"), folder)
    fetched_or_faulty(meter({"flexmeasures": {"url": "https://example.org", "sensor": 1}}), folder)


@WHOLE
@given(body=damaged(XML.encode()))
def test_a_damaged_publication_is_read_or_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    answering(monkeypatch, body)

    price = {"kind": "price", "unit": "EUR/MWh", "resolution": "PT1H"}
    fetched_or_faulty(meter({"entsoe": {"area": "NL"}}, **price), folder)


LOG = "car,plug,arrival,departure,wh\n" + "".join(
    f"car {i},{'AB'[i % 2]},{QUARTERS[7 * i]:%Y-%m-%dT%H:%MZ},{QUARTERS[7 * i + 5]:%Y-%m-%dT%H:%MZ},{900 * i}\n"
    for i in range(12)
)
SESSIONS = {
    "csv": "log.csv",
    "column": "wh",
    "unit": "Wh",
    "time-column": "arrival",
    "departure-column": "departure",
    "plug-column": "plug",
    "session-column": "car",
}
OF_SESSIONS = st.sampled_from(["ev-session", "availability", "soc-minima", "usage"])


def garage(kind: str) -> Sensor:
    return meter(
        SESSIONS, kind=kind, unit="kW" if kind in ("availability", "usage") else "kWh", capacity=11.0
    )


@WHOLE
@given(content=st.one_of(st.binary(max_size=300), damaged(LOG.encode())), kind=OF_SESSIONS)
def test_a_damaged_log_of_sessions_is_read_or_told(folder: Path, content: bytes, kind: str) -> None:
    (folder / "log.csv").write_bytes(content)

    fetched_or_faulty(garage(kind), folder)


@WHOLE
@given(rows=st.lists(st.tuples(CELLS, CELLS, STAMPS, STAMPS, CELLS), max_size=6), kind=OF_SESSIONS)
def test_a_log_of_strange_sessions_is_read_or_told(
    folder: Path, rows: list[tuple[str, ...]], kind: str
) -> None:
    text = "car,plug,arrival,departure,wh\n" + "".join(",".join(row) + "\n" for row in rows)
    (folder / "log.csv").write_text(text, encoding="utf-8", errors="replace")

    fetched_or_faulty(garage(kind), folder)
