from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from flex_pipeline.sources import SourceError, read, source_name, table

START, END = datetime(2024, 1, 10, 12, tzinfo=UTC), datetime(2024, 1, 10, 13, tzinfo=UTC)
HOME = """timestamp,load_w,pv_kw
2024-01-10T12:00Z,400,1.5
2024-01-10T12:15Z,800,
2024-01-10T12:30Z,NaN,0.5
2024-01-10T12:30Z,600,0.5
2024-01-10T13:00Z,999,9.9
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "home.csv").write_text(HOME)
    return tmp_path


def test_a_column_is_read_in_the_units_of_the_sensor_with_its_gaps_and_duplicates(
    make_sensor, folder
) -> None:
    sensor = make_sensor({"csv": "home.csv", "column": "load_w", "unit": "W"})
    found = read(sensor, START, END, folder)
    assert found.schema == {"event_start": pl.Datetime("us", "UTC"), "value": pl.Float64}
    half_past = START + timedelta(minutes=30)
    expected = [(START, 0.4), (START + timedelta(minutes=15), 0.8), (half_past, None), (half_past, 0.6)]
    assert found.rows() == expected


def test_the_window_takes_its_start_and_leaves_its_end(make_sensor, folder) -> None:
    sensor = make_sensor({"csv": "home.csv", "column": "pv_kw"})
    assert read(sensor, END, END + timedelta(hours=1), folder).rows() == [(END, 9.9)]
    assert read(sensor, END - timedelta(minutes=15), END, folder).is_empty()


def test_a_step_of_the_source_that_straddles_the_start_is_read(make_sensor, folder) -> None:
    sensor = make_sensor({"csv": "home.csv", "column": "load_w", "unit": "W", "resolution": "PT1H"})
    begin = END + timedelta(minutes=45)
    assert read(sensor, begin, begin + timedelta(minutes=15), folder).rows() == [(begin, 0.999)]


def test_parquet_is_read_like_csv(make_sensor, folder) -> None:
    pl.read_csv(folder / "home.csv", try_parse_dates=True).write_parquet(folder / "home.parquet")
    options = {"column": "load_w", "unit": "W"}
    as_csv = read(make_sensor({"csv": "home.csv", **options}), START, END, folder)
    as_parquet = read(make_sensor({"parquet": "home.parquet", **options}), START, END, folder)
    assert as_parquet["event_start"].to_list() == as_csv["event_start"].to_list()
    assert as_parquet["value"].to_list() == as_csv["value"].to_list()


def test_a_glob_pattern_joins_files(make_sensor, tmp_path) -> None:
    (tmp_path / "load-1.csv").write_text("timestamp,kw\n2024-01-10T12:00Z,1\n")
    (tmp_path / "load-2.csv").write_text("timestamp,kw\n2024-01-10T12:15Z,2\n")
    sensor = make_sensor({"csv": "load-*.csv", "column": "kw"})
    assert read(sensor, START, END, tmp_path)["value"].to_list() == [1.0, 2.0]
    assert source_name(sensor) == "csv:load-*.csv"


def test_files_of_a_pattern_must_have_the_same_columns(make_sensor, tmp_path) -> None:
    (tmp_path / "load-1.csv").write_text("timestamp,kw\n2024-01-10T12:00Z,1\n")
    (tmp_path / "load-2.csv").write_text("timestamp,power\n2024-01-10T12:15Z,2\n")
    with pytest.raises(SourceError, match=r"load-2\.csv(.|\n)*differ from the first file's: timestamp, kw"):
        read(make_sensor({"csv": "load-*.csv", "column": "kw"}), START, END, tmp_path)


def test_sensors_that_share_a_file_read_it_once_until_it_changes(make_sensor, folder) -> None:
    load = make_sensor({"csv": "home.csv", "column": "load_w", "unit": "W"})
    pv = make_sensor({"csv": "home.csv", "column": "pv_kw"}, name="home-01.pv", kind="pv")
    table.load.cache_clear()
    table.timed.cache_clear()
    for sensor in (load, pv, load):
        read(sensor, START, END, folder)
    assert table.load.cache_info().misses == 1
    path = folder / "home.csv"
    path.write_text(HOME.replace(",1.5", ",2.5"))
    os.utime(path, ns=(0, 0))  # a clock too coarse to see the change would not do for a test
    assert read(pv, START, END, folder)["value"][0] == 2.5


def test_a_pv_meter_that_is_silent_at_night_gave_nothing_but_by_day_its_value_is_missing(
    make_sensor, tmp_path
) -> None:
    (tmp_path / "pv.csv").write_text("timestamp,kw\n2024-01-10T02:00Z,\n2024-01-10T12:00Z,\n")
    sensor = make_sensor({"csv": "pv.csv", "column": "kw", "empty": "zero-at-night"}, kind="pv")
    day = START.replace(hour=0)
    assert read(sensor, day, day + timedelta(days=1), tmp_path)["value"].to_list() == [0.0, None]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"csv": "house.csv"}, r'source\.csv\n  "house\.csv" is no file under .*; there are: home\.csv'),
        ({"csv": "data/home.csv"}, r"the folder .*data does not exist"),
        (
            {"column": "load"},
            r'source\.column\n  "load" is not a column; there are: timestamp, load_w, pv_kw',
        ),
        ({"time-column": "time"}, r'source\.time-column\n  "time" is not a column; there are: timestamp'),
        ({"unit": "degC"}, r'source\.unit\n  "degC" cannot be turned into "kW", the unit of the sensor'),
        ({"column": "timestamp"}, r'at 2024-01-10 1\d:.*\n  "2024-01-10T1\d:\d\dZ" is not a number'),
        ({"resolution": "PT20M"}, r"must hold each other a whole number of times"),
        (
            {"kolumn": "x"},
            r"source\.kolumn\n  .* is an unknown option; this source takes: csv, column, unit",
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_there_is(make_sensor, folder, changes, expected) -> None:
    sensor = make_sensor({"csv": "home.csv", "column": "load_w", "unit": "W"} | changes)
    with pytest.raises(SourceError, match=expected) as raised:
        read(sensor, START, END, folder)
    assert str(raised.value).startswith("sensor home-01.load, ")


def test_a_bad_cell_outside_the_window_harms_nobody(make_sensor, folder) -> None:
    (folder / "home.csv").write_text(HOME.replace("999", "broken"))
    sensor = make_sensor({"csv": "home.csv", "column": "load_w", "unit": "W"})
    assert read(sensor, START, START + timedelta(minutes=30), folder).height == 2


def test_a_file_that_is_no_parquet_is_named(make_sensor, folder) -> None:
    with pytest.raises(SourceError, match=r"home\.csv(.|\n)*cannot be read as Parquet"):
        read(make_sensor({"parquet": "home.csv", "column": "load_w"}), START, END, folder)


def test_an_empty_file_is_named(make_sensor, tmp_path) -> None:
    (tmp_path / "empty.csv").touch()
    with pytest.raises(SourceError, match=r"empty\.csv(.|\n)*cannot be read as CSV"):
        read(make_sensor({"csv": "empty.csv", "column": "kw"}), START, END, tmp_path)


def test_a_file_with_a_header_only_has_no_values(make_sensor, tmp_path) -> None:
    (tmp_path / "new.csv").write_text("timestamp,kw\n")
    assert read(make_sensor({"csv": "new.csv", "column": "kw"}), START, END, tmp_path).is_empty()


def test_a_window_without_timezone_is_refused(make_sensor, folder) -> None:
    with pytest.raises(ValueError, match="must have a timezone"):
        read(make_sensor({"csv": "home.csv", "column": "load_w"}), datetime(2024, 1, 10), END, folder)


def test_energy_of_a_quarter_becomes_the_mean_power_of_the_hour(make_sensor, tmp_path) -> None:
    rows = [f"2024-01-10T12:{15 * i:02d}Z,{i}" for i in range(4)]
    (tmp_path / "kwh.csv").write_text("\n".join(["timestamp,kwh", *rows]) + "\n")
    source = {"csv": "kwh.csv", "column": "kwh", "unit": "kWh", "resolution": "PT15M"}
    # 0 + 1 + 2 + 3 kWh in one hour
    assert read(make_sensor(source, resolution="PT1H"), START, END, tmp_path).rows() == [(START, 6.0)]


def test_the_share_of_a_battery_becomes_its_energy(make_sensor, tmp_path) -> None:
    (tmp_path / "soc.csv").write_text("timestamp,soc\n2024-01-10T12:00Z,50\n2024-01-10T13:00Z,70\n")
    options = {"unit": "%", "capacity": "60 kWh", "values": "state", "resolution": "PT1H"}
    sensor = make_sensor({"csv": "soc.csv", "column": "soc", **options}, kind="heat", unit="kWh")
    assert read(sensor, START, END, tmp_path)["value"].to_list() == pytest.approx([30, 33, 36, 39])


def test_a_row_says_since_when_it_is_believed_and_local_times_of_belief_are_never_early(
    make_sensor, tmp_path
) -> None:
    (tmp_path / "f.csv").write_text(
        "timestamp,kw,issued\n2024-01-10T12:00Z,1,2024-01-09 12:00\n2024-01-10T12:15Z,2,2023-10-29 02:30\n"
    )
    sensor = make_sensor({"csv": "f.csv", "column": "kw", "belief-column": "issued"})
    assert read(sensor, START, END, tmp_path)["belief_time"].to_list() == [
        datetime(2024, 1, 9, 11, tzinfo=UTC),
        datetime(2023, 10, 29, 1, 30, tzinfo=UTC),  # the second half past two of that night
    ]


def test_times_of_belief_that_cannot_be_read_are_a_fault(make_sensor, tmp_path) -> None:
    (tmp_path / "f.csv").write_text("timestamp,kw,issued\n2024-01-10T12:00Z,1,today\n")
    with pytest.raises(SourceError, match=r'source\.belief-column, row 1 of issued\n  "today" is not a time'):
        read(make_sensor({"csv": "f.csv", "column": "kw", "belief-column": "issued"}), START, END, tmp_path)
