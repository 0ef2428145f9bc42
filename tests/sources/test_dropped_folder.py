"""Files that other programs drop: each is read once, whole, by all its sensors, or set aside with the reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import SourceError, Window, check_source, fetch, source_name
from flex_pipeline.sources.dropped_folder import Arrival, DroppedFolderSource, Refusal, arrivals, take_in
from tests.sources.conftest import MakeSensor

START = datetime(2024, 1, 10, 12, tzinfo=UTC)
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
NOW = START + 9 * HOUR
GOOD = "timestamp,load_kw,pv_kw\n2024-01-10T12:00Z,1.5,0.1\n2024-01-10T12:15Z,2.5,0.2\n"


@pytest.fixture
def load(make_sensor: MakeSensor) -> Sensor:
    return make_sensor({"dropped-folder": {"path": "inbox"}, "column": "load_kw"})


@pytest.fixture
def pv(make_sensor: MakeSensor) -> Sensor:
    source = {"dropped-folder": {"path": "inbox"}, "column": "pv_kw"}
    return make_sensor(source, name="home-01.pv", kind="pv")


@pytest.fixture
def drop(tmp_path: Path) -> Callable[..., Path]:
    (tmp_path / "inbox").mkdir()

    def write(content: str | bytes, name: str = "meter.csv", at: datetime = START) -> Path:
        file = tmp_path / "inbox" / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(file, (at.timestamp(), at.timestamp()))
        return file

    return write


def took(folder: Path, *sensors: Sensor, now: datetime = NOW) -> list[Arrival | Refusal]:
    readers = [(DroppedFolderSource.model_validate(sensor.source), sensor) for sensor in sensors]
    return take_in(folder / "inbox", readers, now)


def values(sensor: Sensor, folder: Path) -> list[float | None]:
    return fetch(sensor, Window(START, START + HOUR, NOW), folder).values["value"].to_list()


def there(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_a_file_is_accepted_once_and_read_by_all_its_sensors(load, pv, drop, tmp_path) -> None:
    drop(GOOD)

    [taken] = took(tmp_path, load, pv)

    assert isinstance(taken, Arrival)
    assert (taken.first, taken.last, taken.name) == (START, START + QUARTER, "meter.csv")
    assert Arrival.of(taken.path) == taken
    assert took(tmp_path, load, pv) == []
    assert (values(load, tmp_path), values(pv, tmp_path)) == ([1.5, 2.5], [0.1, 0.2])
    assert source_name(load) == "dropped-folder:inbox"


def test_what_was_dropped_but_not_taken_in_is_not_read(load, drop, tmp_path) -> None:
    drop(GOOD)

    assert values(load, tmp_path) == []


def test_a_file_that_is_still_being_written_is_left_alone(load, drop, tmp_path) -> None:
    drop(GOOD, at=NOW - timedelta(seconds=3))
    drop(GOOD, name="other.csv.part")
    drop(GOOD, name=".hidden.csv")
    drop("notes", name="README.txt")

    assert took(tmp_path, load) == []
    assert len(there(tmp_path / "inbox")) == 4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "cannot be read as CSV with a header"),
        ("timestamp,load_kw,pv_kw\n", "has no rows"),
        (GOOD.replace("load_kw", "load"), '"load_kw" is not a column; there are: timestamp, load, pv_kw'),
        (GOOD.replace("2.5", "2,5"), "cannot be read as CSV"),
        (GOOD.replace("2.5", "much"), '"much" is not a number'),
        (GOOD.replace("12:15Z", "12:75Z"), '"2024-01-10T12:75Z" is not a time'),
        (GOOD.replace("2024", "0024"), "is before 1970"),
        (b"\xff\xfe\x00\x00PAR1", '"timestamp" is not a column'),
    ],
)
def test_a_faulty_file_is_set_aside_with_the_reason(load, pv, drop, tmp_path, content, reason: str) -> None:
    drop(content)

    [taken] = took(tmp_path, load, pv)

    assert isinstance(taken, Refusal)
    assert reason in taken.reason
    assert there(tmp_path / "inbox") == []
    [file, beside] = there(tmp_path / "inbox" / "quarantine")
    assert beside == f"{file}.reason.txt"
    assert (tmp_path / "inbox" / "quarantine" / beside).read_text() == taken.reason + "\n"
    assert values(load, tmp_path) == []


def test_times_beyond_the_calendar_are_a_reason_too(make_sensor, tmp_path) -> None:
    source = {"dropped-folder": {"path": "inbox", "files": "*.parquet"}, "column": "kw"}
    microseconds_of_the_year_20000 = 569_000_000_000 * 1_000_000
    (tmp_path / "inbox").mkdir()
    far = pl.Series([microseconds_of_the_year_20000]).cast(pl.Datetime("us", "UTC"))
    pl.DataFrame({"timestamp": far, "kw": [1.0]}).write_parquet(tmp_path / "inbox" / "far.parquet")

    [taken] = took(tmp_path, make_sensor(source), now=datetime.now(UTC) + HOUR)

    assert isinstance(taken, Refusal)
    assert "has times beyond the year 9999" in taken.reason


def test_a_file_that_one_of_its_sensors_cannot_read_is_read_by_none(load, pv, drop, tmp_path) -> None:
    drop(GOOD.replace(",0.2", ",bright"))

    [taken] = took(tmp_path, load, pv)

    assert isinstance(taken, Refusal)
    assert taken.reason.startswith("sensor home-01.pv, ")
    assert values(load, tmp_path) == []


def test_the_same_content_under_another_name_is_read_once(load, drop, tmp_path) -> None:
    drop(GOOD)
    took(tmp_path, load)
    drop(GOOD, name="again.csv")

    [taken] = took(tmp_path, load)

    assert isinstance(taken, Refusal)
    assert taken.reason == "has the same content as meter.csv, which was read already"
    assert values(load, tmp_path) == [1.5, 2.5]


def test_of_what_two_files_say_of_a_step_the_last_to_come_is_believed(load, drop, tmp_path) -> None:
    drop(GOOD, name="z-first.csv")
    took(tmp_path, load)
    drop("timestamp,load_kw\n2024-01-10T12:15Z,9.5\n2024-01-10T12:30Z,3.5\n", name="a-correction.csv")
    took(tmp_path, load, now=NOW + HOUR)

    assert values(load, tmp_path) == [1.5, 9.5, 3.5]


def test_each_sensor_takes_the_files_of_its_pattern(make_sensor, drop, tmp_path) -> None:
    heat = make_sensor({"dropped-folder": {"path": "inbox", "files": "heat-*.csv"}, "column": "load_kw"})
    drop(GOOD, name="heat-1.csv")
    drop(GOOD.replace("1.5", "7.5"), name="power-1.csv")

    [taken] = took(tmp_path, heat)

    assert isinstance(taken, Arrival)
    assert there(tmp_path / "inbox") == ["power-1.csv"]


def test_a_process_that_dies_before_the_move_leaves_the_file_to_the_next(
    load, drop, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            took(tmp_path, load)
    assert there(tmp_path / "inbox") == ["meter.csv"]

    [taken] = took(tmp_path, load)
    assert isinstance(taken, Arrival)


def test_a_file_that_is_gone_meanwhile_was_taken_by_another_process(
    load, drop, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = drop(GOOD)
    monkeypatch.setattr(DroppedFolderSource, "takes", lambda *_: file.unlink(missing_ok=True) or True)

    assert took(tmp_path, load) == []


def test_a_strange_file_among_the_accepted_is_not_read(load, drop, tmp_path) -> None:
    drop(GOOD)
    took(tmp_path, load)
    (tmp_path / "inbox" / "accepted" / "mine.csv").write_text(GOOD.replace("1.5", "9"))

    assert len(arrivals(tmp_path / "inbox")) == 1
    assert values(load, tmp_path) == [1.5, 2.5]


def test_a_folder_that_does_not_exist_yet_is_empty(load, tmp_path) -> None:
    assert took(tmp_path, load) == []
    assert values(load, tmp_path) == []


def test_an_accepted_file_that_was_damaged_afterwards_is_a_fault(load, drop, tmp_path) -> None:
    drop(GOOD)
    [taken] = took(tmp_path, load)
    taken.path.write_text("timestamp,load_kw\n2024-01-10T12:00Z,x\n")

    with pytest.raises(SourceError, match='"x" is not a number'):
        values(load, tmp_path)


@pytest.mark.parametrize("pattern", ["../*.csv", "*.xlsx", "meter"])
def test_a_pattern_that_names_no_tables_is_refused(pattern: str) -> None:
    [(field, _, said)] = check_source({"dropped-folder": {"path": "in", "files": pattern}, "column": "kw"})

    assert field == "source.dropped-folder.files"
    assert "is not a pattern of file names" in said
