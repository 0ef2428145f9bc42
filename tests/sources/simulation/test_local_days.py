from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from flex_pipeline.sources.simulation.local_days import LocalDays


@pytest.mark.parametrize(("day", "steps"), [((2026, 3, 29), 92), ((2026, 6, 1), 96), ((2026, 10, 25), 100)])
def test_a_day_has_the_quarters_of_its_23_24_or_25_hours(day, steps) -> None:
    days = LocalDays("Europe/Amsterdam", date(*day), date(*day))
    assert days.steps_per_day == [steps]
    assert len(days.starts) == len(days.hour) == len(days.day_of_step) == steps
    assert days.hour[0] == 0
    assert days.hour[-1] == 23.75


def test_the_clock_reads_two_twice_in_autumn_and_never_in_spring() -> None:
    autumn = LocalDays("Europe/Amsterdam", date(2026, 10, 25), date(2026, 10, 25))
    spring = LocalDays("Europe/Amsterdam", date(2026, 3, 29), date(2026, 3, 29))
    assert np.count_nonzero(autumn.hour == 2) == 2
    assert np.count_nonzero(spring.hour == 2) == 0


def test_steps_run_through_midnight_and_clock_changes_without_a_gap() -> None:
    days = LocalDays("Europe/Amsterdam", date(2026, 10, 24), date(2026, 10, 26))
    assert days.starts[0] == datetime(2026, 10, 23, 22, tzinfo=UTC)
    assert {b - a for a, b in zip(days.starts, days.starts[1:], strict=False)} == {timedelta(minutes=15)}
    assert days.slices == [slice(0, 96), slice(96, 196), slice(196, 292)]


def test_what_drifts_has_its_value_at_noon_and_no_jump_at_midnight() -> None:
    days = LocalDays("Europe/Amsterdam", date(2026, 6, 1), date(2026, 6, 2))
    drift = days.drifting(lambda day: float(day.day == 2))  # 0 on 1 June, 1 on 2 June, 0 on 3 June
    assert drift[days.hour == 12].tolist() == [0.0, 1.0]
    assert drift[96] == pytest.approx(0.5)  # midnight, half way between noons
    assert np.abs(np.diff(drift)).max() == pytest.approx(1 / 96)
