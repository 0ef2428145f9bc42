from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.wall_clock import DaylightSaving, Stamp, event_starts, parse_times

HOUR = timedelta(hours=1)


def utc(
    stamps: list[str], stamp: Stamp = "start", daylight: DaylightSaving = "wall"
) -> list[tuple[str, int]]:
    """(day and hour in UTC, number of the row) of hourly stamps on the clock of Amsterdam."""
    table = pl.DataFrame({"time": stamps, "row": range(len(stamps))})
    found = event_starts(table, "time", "Europe/Amsterdam", HOUR, stamp, daylight)
    return list(zip(found["event_start"].dt.strftime("%d %H"), found["row"], strict=True))


def test_a_local_time_is_an_hour_ahead_of_utc_in_winter_and_two_in_summer() -> None:
    assert utc(["2024-01-10 12:00", "2024-07-10 12:00"]) == [("10 11", 0), ("10 10", 1)]


def test_the_hour_that_comes_twice_is_summer_time_first_and_standard_time_then() -> None:
    stamps = ["2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:00", "2024-10-27 03:00"]
    assert utc(stamps) == [("26 23", 0), ("27 00", 1), ("27 01", 2), ("27 02", 3)]


def test_quarters_of_the_hour_that_comes_twice_are_told_apart_by_their_order() -> None:
    hour = [f"2024-10-27 02:{minute:02}" for minute in (0, 15, 30, 45)]
    table = pl.DataFrame({"time": [*hour, *hour], "row": range(8)})
    found = event_starts(table, "time", "Europe/Amsterdam", HOUR / 4, "start", "wall")
    assert found["row"].to_list() == list(range(8))
    assert found["event_start"].diff().drop_nulls().unique().to_list() == [HOUR / 4]


def test_rows_in_the_hour_that_does_not_exist_are_dropped() -> None:
    stamps = ["2024-03-31 01:00", "2024-03-31 02:00", "2024-03-31 03:00"]
    assert utc(stamps) == [("31 00", 0), ("31 01", 2)]


def test_a_row_given_twice_stays_there_twice() -> None:
    assert utc(["2024-01-10 12:00", "2024-01-10 12:00"]) == [("10 11", 0), ("10 11", 1)]


def test_normalised_days_give_the_autumn_hour_to_both_and_drop_the_filled_spring_hour() -> None:
    autumn = ["2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 03:00"]
    spring = ["2024-03-31 01:00", "2024-03-31 02:00", "2024-03-31 03:00"]
    assert utc(autumn, daylight="normalised") == [("26 23", 0), ("27 00", 1), ("27 01", 1), ("27 02", 2)]
    assert utc(spring, daylight="normalised") == [("31 00", 0), ("31 01", 2)]


def test_end_stamps_of_a_25_hour_day_are_converted_before_the_step_is_taken_off() -> None:
    # 02:00 summer time ends the step from 23:00 UTC, 03:00 standard time the one from 01:00 UTC
    stamps = ["2024-10-27 02:00", "2024-10-27 02:00", "2024-10-27 03:00"]
    assert utc(stamps, stamp="end") == [("26 23", 0), ("27 00", 1), ("27 01", 2)]


def test_end_stamps_of_normalised_days_name_the_hour_before() -> None:
    # the filled hour of spring, 02:00 to 03:00, is stamped 03:00
    stamps = ["2024-03-31 02:00", "2024-03-31 03:00", "2024-03-31 04:00"]
    assert utc(stamps, stamp="end", daylight="normalised") == [("31 00", 0), ("31 01", 2)]


@pytest.mark.parametrize(
    "stamp", ["2024-07-10T12:00:00Z", "2024-07-10 14:00:00+02:00", "2024-07-10T07:00-0500"]
)
def test_an_offset_in_the_stamp_wins_over_the_timezone(stamp: str) -> None:
    assert utc([stamp]) == [("10 12", 0)]


def test_rows_are_sorted_by_time() -> None:
    assert utc(["2024-01-10 13:00", "2024-01-10 12:00"]) == [("10 11", 1), ("10 12", 0)]


@pytest.mark.parametrize("stamp", ["noon", "2024-02-30 12:00", ""])
def test_a_time_that_cannot_be_read_is_named_with_its_row(stamp: str) -> None:
    with pytest.raises(SourceError, match="row 2 of time") as raised:
        utc(["2024-01-10 12:00", stamp])
    assert raised.value.value == stamp


def test_stamps_with_and_without_offset_do_not_mix() -> None:
    with pytest.raises(SourceError, match="has no UTC offset where other rows have one"):
        utc(["2024-01-10 12:00+01:00", "2024-01-10 13:00"])


def test_a_column_of_numbers_is_no_time() -> None:
    table = pl.DataFrame({"time": [1, 2]})
    with pytest.raises(SourceError, match="times or ISO 8601 text is right"):
        event_starts(table, "time", "Europe/Amsterdam", HOUR, "start", "wall")


def test_times_of_another_zone_and_precision_are_the_same_instants() -> None:
    moment = datetime(2024, 7, 10, 12, tzinfo=UTC)
    stamps = pl.Series([moment]).dt.convert_time_zone("Asia/Tokyo").cast(pl.Datetime("ns", "Asia/Tokyo"))
    assert parse_times(stamps).to_list() == [moment]
    assert parse_times(stamps).dtype == pl.Datetime("us", "UTC")
