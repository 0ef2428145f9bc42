import numpy as np
import pytest

from flex_pipeline.forecasting.blend import Blend, mixed, weight_of_second
from flex_pipeline.forecasting.naive import DayAgo, WeekAgo

VALUES = np.array([1.0, 2.0, 3.0])
EXACT = np.repeat(VALUES[:, None], 3, axis=1)


def test_a_second_forecast_that_only_hurts_gets_no_weight() -> None:
    assert weight_of_second(EXACT, EXACT + 1, VALUES) == 0.0


def test_errors_that_cancel_are_mixed() -> None:
    assert weight_of_second(EXACT - 0.4, EXACT + 0.6, VALUES) == 0.4  # 0.6 · -0.4 + 0.4 · 0.6 = 0


def test_the_second_forecast_never_takes_over() -> None:
    assert weight_of_second(EXACT + 1, EXACT, VALUES) == pytest.approx(0.6, abs=0.001)


def test_weights_that_cannot_be_told_apart_count_alike() -> None:
    assert weight_of_second(EXACT + 1, EXACT + 1, VALUES) == pytest.approx(
        0.3
    )  # the mean of 0, 0.2, 0.4, 0.6


def test_weights_add_up_to_one() -> None:
    np.testing.assert_allclose(mixed(EXACT, EXACT, 0.4), EXACT)


def test_the_name_tells_the_share_of_the_second_forecast() -> None:
    assert Blend(DayAgo(), WeekAgo(), 0.4).name == "seasonal-naive d-1 + 40 % same-hour"
    assert Blend(DayAgo(), WeekAgo(), 0.0).name == "seasonal-naive d-1"
