import numpy as np
import pytest

from flex_pipeline.forecasting.conformal import MOST, moved, shifts
from flex_pipeline.forecasting.scores import coverage

VALUES = np.random.default_rng(0).normal(0, 1, 2000)


def band(low: float, high: float) -> np.ndarray:
    return np.tile([low, 0.0, high], (len(VALUES), 1))


@pytest.mark.parametrize("promised", [(-0.9, 0.9), (-3.0, 3.0), (-1.0, 2.0)])
def test_outer_quantiles_are_moved_to_hold_four_times_in_five(promised: tuple[float, float]) -> None:
    quantiles = band(*promised)
    calibrated = moved(quantiles, *shifts(quantiles, VALUES))
    assert coverage(calibrated, VALUES) == pytest.approx(0.8, abs=0.005)
    # the quantiles 0.1 and 0.9 of a normal distribution
    assert calibrated[0] == pytest.approx([-1.28, 0.0, 1.28], abs=0.1)


def test_what_is_certain_stays_so() -> None:
    night = np.zeros((2, 3))
    assert (moved(night, -0.4, 0.4) == 0).all()
    assert shifts(np.zeros((len(VALUES), 3)), VALUES) == (0.0, 0.0)


def test_days_of_another_kind_do_not_move_quantiles_without_end() -> None:
    assert shifts(band(-0.1, 0.1), VALUES + 50) == (MOST, MOST)


def test_the_median_stays_and_the_quantiles_stay_in_order() -> None:
    assert moved(np.array([[-1.0, 0.9, 1.0]]), 0.5, -0.5).tolist() == [[0.0, 0.9, 0.9]]
