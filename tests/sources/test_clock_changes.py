"""The report of what was decided where clocks change: Amsterdam, 29 March and 25 October 2026."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from flex_pipeline.sources import Window
from flex_pipeline.sources.clock_changes import clock_changes
from flex_pipeline.sources.wall_clock import DaylightSaving

ZONE = "Europe/Amsterdam"
AUTUMN = Window.of(datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC))
SPRING = Window.of(datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))


def said(*stamps: str, window: Window = AUTUMN, daylight: DaylightSaving = "wall") -> tuple[str, ...]:
    return clock_changes(pl.DataFrame({"time": stamps}), "time", ZONE, daylight, window)


def test_an_hour_given_twice() -> None:
    assert said("2026-10-25 01:00", "2026-10-25 02:00", "2026-10-25 02:00", "2026-10-25 03:00") == (
        "2026-10-25 02:00 comes twice in Europe/Amsterdam (2 rows): the first time a stamp occurs was taken as "
        "summer time, later ones as standard time",
    )


def test_an_hour_given_once_lacks_the_other() -> None:
    [sentence] = said("2026-10-25 02:00", "2026-10-25 02:30")

    assert sentence == (
        "2026-10-25 02:00 to 02:30 comes twice in Europe/Amsterdam (2 rows): the source has it once, which was "
        "taken as summer time: the hour of standard time is missing"
    )


def test_an_hour_that_stands_for_two() -> None:
    assert said("2026-10-25 02:00", daylight="normalised") == (
        "2026-10-25 02:00 comes twice in Europe/Amsterdam (1 rows): its values were given to both hours",
    )


def test_an_hour_that_never_was() -> None:
    assert said("2026-03-29 01:00", "2026-03-29 02:00", "2026-03-29 03:00", window=SPRING) == (
        "2026-03-29 02:00 does not exist in Europe/Amsterdam (1 rows): they were left out",
    )


@pytest.mark.parametrize(
    "stamps",
    [
        ("2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"),  # offsets leave nothing to decide
        ("2026-10-25 01:00", "2026-10-25 03:00"),
        ("2026-10-24 02:00", "2026-10-24 02:00"),  # twice, but not because of the clock
        (),
    ],
)
def test_where_nothing_was_decided_nothing_is_said(stamps: tuple[str, ...]) -> None:
    assert said(*stamps) == ()


def test_on_other_days_nothing_is_said() -> None:
    day = timedelta(days=1)
    before = Window.of(AUTUMN.start - day, AUTUMN.start)

    assert said("2026-10-25 02:00", "2026-10-25 02:00", window=before) == ()
