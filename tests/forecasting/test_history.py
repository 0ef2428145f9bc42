"""Views of history, each against the plain reading of its docstring."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from flex_pipeline.forecasting.history import History, Rows
from flex_pipeline.forecasting.wall_clock import WallClock

CLOCK = WallClock("UTC", timedelta(hours=1))
FIRST = 24 * 20_000
# two days that count 0, 1, 2, ... 47; hour 18 of the second day, which would be 42, is missing
HISTORY = History(CLOCK, FIRST, np.where(np.arange(48) == 42, np.nan, np.arange(48.0)))


def row(step: int, bound: int) -> Rows:
    return Rows(
        np.array(["2024-10-04"], "datetime64[us]"), np.array([FIRST + step]), np.array([FIRST + bound])
    )


@pytest.mark.parametrize(
    ("step", "bound", "latest"),
    [
        (48, 48, [24.0, 0.0]),
        (49, 48, [25.0, 1.0]),
        (66, 48, [18.0, np.nan]),
        (49, 25, [1.0, np.nan]),  # 25, a day before, is the first that is not known
        (49, 26, [25.0, 1.0]),
        (48, 0, [np.nan, np.nan]),
    ],
)
def test_the_latest_known_values_of_the_same_hour_skip_gaps_and_what_is_not_known(
    step: int, bound: int, latest: list[float]
) -> None:
    np.testing.assert_equal(HISTORY.same_hour(row(step, bound), 2)[0], latest)


@pytest.mark.parametrize(("bound", "value"), [(48, 47.0), (43, 41.0), (1, 0.0), (0, np.nan), (99, 47.0)])
def test_the_last_value_is_the_last_that_was_measured_before_the_bound(bound: int, value: float) -> None:
    np.testing.assert_equal(HISTORY.latest(row(99, bound))[0], value)


def test_a_mean_leaves_out_what_is_missing() -> None:
    assert HISTORY.mean(row(48, 48), 3)[0] == 46.0
    assert HISTORY.mean(row(44, 44), 3)[0] == 42.0  # of 41 and 43
    assert HISTORY.mean(row(48, 48), 168)[0] == pytest.approx((47 * 48 / 2 - 42) / 47)


def test_a_week_ago_is_the_first_that_is_known() -> None:
    weeks = History(CLOCK, FIRST, np.arange(480.0))
    assert weeks.weeks_ago(row(400, 400))[0] == 400 - 168
    assert weeks.weeks_ago(row(400, 233))[0] == 400 - 168
    assert weeks.weeks_ago(row(400, 232))[0] == 400 - 336  # a week ago is not known either
    assert weeks.weeks_ago(row(400, 400), 2)[0] == 400 - 336


def test_a_step_stated_twice_is_averaged_and_gaps_are_kept() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    frame = pl.DataFrame({"event_start": [noon, noon, noon + timedelta(hours=12)], "value": [1.0, 2.0, None]})
    history = History.read(frame, CLOCK, noon - timedelta(days=1), noon + timedelta(days=1))
    assert len(history.values) == 48  # whole days
    assert np.flatnonzero(np.isfinite(history.values)).tolist() == [12]
    assert history.values[12] == 1.5
    assert history.days == pytest.approx(1 / 24)
