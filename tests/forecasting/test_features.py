from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flex_pipeline.forecasting.features import features
from flex_pipeline.forecasting.history import History, Rows
from flex_pipeline.forecasting.naive import DayAgo, LastValue, Plan, Predictor, SameHour, WeekAgo
from flex_pipeline.forecasting.wall_clock import WallClock

CLOCK = WallClock("UTC", timedelta(hours=1))
FIRST = 24 * 20_000
DAYS = 40


def rows_at(origin: int) -> Rows:
    step = FIRST + np.arange(origin, origin + 60)
    return Rows(CLOCK.starts(step), step, np.full(60, FIRST + origin))


def with_another_future(origin: int, seed: int) -> tuple[History, History]:
    random = np.random.default_rng(seed)
    values = np.where(random.random(24 * DAYS) < 0.1, np.nan, random.normal(size=24 * DAYS))
    future = np.arange(24 * DAYS) >= origin
    return History(CLOCK, FIRST, values), History(
        CLOCK, FIRST, np.where(future, random.normal(size=24 * DAYS), values)
    )


@given(origin=st.integers(1, 24 * DAYS), seed=st.integers(0, 1000))
def test_no_feature_knows_what_comes_from_the_bound_on(origin: int, seed: int) -> None:
    one, other = with_another_future(origin, seed)
    np.testing.assert_allclose(
        features(one, rows_at(origin), None), features(other, rows_at(origin), None), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("predictor", [LastValue(), DayAgo(), WeekAgo(), Plan(), SameHour()])
@given(origin=st.integers(1, 24 * DAYS), seed=st.integers(0, 1000))
def test_no_naive_forecast_knows_what_comes_from_the_bound_on(
    predictor: Predictor, origin: int, seed: int
) -> None:
    one, other = with_another_future(origin, seed)
    np.testing.assert_array_equal(
        predictor.quantiles(one, rows_at(origin)), predictor.quantiles(other, rows_at(origin))
    )
