from datetime import timedelta

import numpy as np
import pytest

from flex_pipeline.forecasting.history import History, Rows
from flex_pipeline.forecasting.naive import DayAgo, LastValue, Plan, SameHour, WeekAgo, quantiles_of_sorted
from flex_pipeline.forecasting.origins import Outcomes
from flex_pipeline.forecasting.wall_clock import WallClock

CLOCK = WallClock("UTC", timedelta(hours=1))
FIRST = 24 * 20_000


def history(values: np.ndarray) -> History:
    return History(CLOCK, FIRST, values)


def row(step: int, bound: int) -> Rows:
    steps = FIRST + np.array([step])
    return Rows(CLOCK.starts(steps), steps, FIRST + np.array([bound]))


def test_quantiles_interpolate_and_leave_out_what_is_missing() -> None:
    # of 0, 10, ..., 100: 0.1 is 10, 0.9 is 90; of 1 and 2: 1.1, 1.5, 1.9
    full = np.arange(0.0, 101, 10)
    short = np.append([1.0, 2.0], [np.nan] * 9)
    np.testing.assert_allclose(
        quantiles_of_sorted(np.vstack([full, short, [np.nan] * 11])),
        [[10, 50, 90], [1.1, 1.5, 1.9], [np.nan] * 3],
    )


def test_a_gap_a_week_ago_is_filled_from_the_week_before_it() -> None:
    values = np.arange(24.0 * 21)
    values[24 * 14 + 5] = np.nan
    assert WeekAgo().point(history(values), row(24 * 21 + 5, 24 * 21))[0] == 24 * 7 + 5


def test_an_hour_never_measured_is_forecast_by_the_last_value() -> None:
    values = np.where(np.arange(24 * 30) % 24 == 5, np.nan, 1.0)
    values[-1] = 9.0
    for predictor in (LastValue(), DayAgo(), WeekAgo(), SameHour()):
        assert predictor.quantiles(history(values), row(24 * 30 + 5, 24 * 30))[0].tolist() == [9.0] * 3


def test_an_empty_plan_is_not_filled_from_another_week() -> None:
    values = np.full(24 * 21, 7.0)
    values[24 * 14 + 5] = np.nan
    assert np.isnan(Plan().quantiles(history(values), row(24 * 21 + 5, 24 * 21))).all()


def test_the_spread_is_that_of_past_errors_and_holds_the_value_itself() -> None:
    values = np.zeros(24)
    rows = Rows(CLOCK.starts(FIRST + np.arange(1, 12)), FIRST + np.arange(1, 12), FIRST + np.arange(1, 12))
    errors = np.arange(0.0, 11)  # 0.1 is 1, 0.9 is 9
    fitted = LastValue().fitted(history(values), Outcomes(rows, errors))
    assert fitted.spread == pytest.approx((0.0, 0.0, 9.0))
