from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from flex_pipeline.timeseries.grid import Grid, local_day

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("day", "steps"), [(date(2024, 3, 31), 92), (date(2024, 6, 3), 96), (date(2024, 10, 27), 100)]
)
def test_a_local_day_has_23_24_or_25_hours(day: date, steps: int) -> None:
    grid = local_day(day, AMSTERDAM, QUARTER)

    assert grid.n == steps
    assert grid.local(0, AMSTERDAM).time() == datetime.min.time()
    assert grid.local(steps, AMSTERDAM).date() == day + timedelta(days=1)


def test_starts_are_equally_spaced_in_utc_across_the_change_of_clocks() -> None:
    starts = local_day(date(2024, 3, 31), AMSTERDAM, QUARTER).starts

    assert starts[0] == np.datetime64("2024-03-30T23:00")
    assert set(np.diff(starts)) == {np.timedelta64(15, "m")}


def test_wall_clock_bounds_across_the_change_count_true_hours() -> None:
    start = datetime(2024, 3, 31, 1, tzinfo=AMSTERDAM)
    end = datetime(2024, 3, 31, 4, tzinfo=AMSTERDAM)

    assert Grid.from_bounds(start, end, timedelta(hours=1)).n == 2


def test_an_instant_between_steps_has_a_fractional_position() -> None:
    grid = Grid(datetime(2024, 6, 3, tzinfo=UTC), QUARTER, 4)

    assert grid.position(datetime(2024, 6, 3, 0, 5, tzinfo=UTC)) == pytest.approx(1 / 3)
    assert grid.position(datetime(2024, 6, 2, 23, 45, tzinfo=UTC)) == -1


def test_bounds_that_are_no_whole_number_of_steps_are_refused() -> None:
    start = datetime(2024, 6, 3, tzinfo=UTC)

    with pytest.raises(ValueError, match="not a whole number"):
        Grid.from_bounds(start, start + timedelta(minutes=20), QUARTER)


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="no offset"):
        Grid(datetime(2024, 6, 3), QUARTER, 4)
