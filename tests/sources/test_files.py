"""Files at addresses: over HTTP, and in whatever fsspec can open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsspec
import pytest

from flex_pipeline.sources import SourceError, files, read, source_name
from tests.sources.local_server import LocalServer, Reply

START = datetime(2024, 1, 10, 12, tzinfo=UTC)
END = START + timedelta(hours=1)
CSV = "timestamp,kw\n2024-01-10T12:00Z,1.5\n2024-01-10T12:15Z,2.5\n"


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    files._download.cache_clear()


@pytest.fixture
def bucket():
    """A file system in memory, asked as a bucket would be."""
    memory = fsspec.filesystem("memory")
    memory.pipe("/bucket/a.csv", CSV.encode())
    memory.pipe("/bucket/b.csv", CSV.replace("12:", "13:").encode())
    yield memory
    memory.rm("/bucket", recursive=True)


def test_a_file_in_a_bucket_is_read_like_one_here(make_sensor, bucket) -> None:
    found = read(make_sensor({"csv": "memory://bucket/a.csv", "column": "kw"}), START, END, Path())

    assert found["value"].to_list() == [1.5, 2.5]


def test_a_pattern_joins_the_files_of_a_bucket(make_sensor, bucket) -> None:
    sensor = make_sensor({"csv": "memory://bucket/*.csv", "column": "kw"})

    assert read(sensor, START, END + timedelta(hours=1), Path()).height == 4


def test_a_file_that_changed_in_the_bucket_is_read_anew(make_sensor, bucket) -> None:
    sensor = make_sensor({"csv": "memory://bucket/a.csv", "column": "kw"})
    read(sensor, START, END, Path())
    bucket.pipe("/bucket/a.csv", CSV.replace("1.5", "9.5").encode())

    assert read(sensor, START, END, Path())["value"].to_list() == [9.5, 2.5]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("memory://bucket/none.csv", "cannot be read"),
        ("memory://bucket/*.parquet", "is the pattern of no file"),
        ("s4://me:pa55@bucket/a.csv", "cannot be read: Protocol not known: s4"),
    ],
)
def test_an_address_with_nothing_to_read_is_a_fault(make_sensor, bucket, address: str, message: str) -> None:
    with pytest.raises(SourceError) as error:
        read(make_sensor({"csv": address, "column": "kw"}), START, END, Path())

    assert message in str(error.value)
    assert "pa55" not in str(error.value)


def test_a_file_is_downloaded_once_for_all_the_sensors_that_share_it(make_sensor, web: LocalServer) -> None:
    web.replies = [Reply(status=503), Reply(CSV)]
    source = {"csv": f"{web.url}/home.csv", "column": "kw"}

    for name in ("home-01.load", "home-01.pv"):
        assert read(make_sensor(source, name=name), START, END, Path())["value"].to_list() == [1.5, 2.5]
    assert len(web.asked) == 2
    assert source_name(make_sensor(source)) == "csv:home.csv"


def test_a_file_that_is_not_there_is_told_with_its_address(make_sensor, web: LocalServer) -> None:
    web.replies = [Reply("<html>not found</html>", 404)]

    with pytest.raises(SourceError, match=r"home\.csv\" answered 404"):
        read(make_sensor({"csv": f"{web.url}/home.csv", "column": "kw"}), START, END, Path())
