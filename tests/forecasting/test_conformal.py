import numpy as np
import pytest

from flex_pipeline.forecasting.conformal import MOST, outer_levels, widened, widening
from flex_pipeline.forecasting.scores import coverage

VALUES = np.random.default_rng(0).normal(0, 1, 2000)


def band(low: float, high: float) -> np.ndarray:
    return np.tile([low, 0.0, high], (len(VALUES), 1))


def test_too_narrow_a_band_is_widened_to_hold_four_times_in_five() -> None:
    narrow = band(-0.9, 0.9)
    calibrated = widened(narrow, widening(narrow, VALUES))
    assert coverage(calibrated, VALUES) == pytest.approx(0.8, abs=0.005)
    # the quantiles 0.1 and 0.9 of a normal distribution
    assert calibrated[0] == pytest.approx([-1.28, 0.0, 1.28], abs=0.05)


def test_too_wide_a_band_is_narrowed() -> None:
    wide = band(-3.0, 3.0)
    calibrated = widened(wide, widening(wide, VALUES))
    assert calibrated[0, 2] == pytest.approx(max(1.28, 3.0 - 2 * MOST * 3.0), abs=0.05)


def test_what_is_certain_stays_so() -> None:
    assert (widened(np.zeros((2, 3)), 0.4) == 0).all()
    assert widening(np.zeros((len(VALUES), 3)), VALUES) == 0.0


def test_days_of_another_kind_do_not_widen_without_end() -> None:
    assert widening(band(-0.1, 0.1), VALUES + 50) == MOST


def test_the_median_stays_and_the_quantiles_stay_in_order() -> None:
    assert widened(np.array([[-1.0, 0.9, 1.0]]), -0.4)[0] == pytest.approx([-0.2, 0.9, 0.9])


def test_the_errors_of_few_days_hold_one_more_four_times_in_five() -> None:
    # 19 past days and one to come, of any distribution: ranks 0.1 * 20 = 2 and 0.9 * 20 = 18 of 19
    past_and_next = np.random.default_rng(0).exponential(size=(20_000, 20))
    low, high = np.quantile(past_and_next[:, :-1], outer_levels(19), axis=1)
    held = (low <= past_and_next[:, -1]) & (past_and_next[:, -1] <= high)
    assert held.mean() == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("days", [1, 5])
def test_of_too_few_days_the_largest_errors_are_taken(days: int) -> None:
    assert outer_levels(days) == (0.0, 1.0)
