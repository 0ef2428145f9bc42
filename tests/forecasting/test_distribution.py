import numpy as np
import pytest

from flex_pipeline.forecasting.distribution import at_quantiles


def test_quantiles_of_a_normal_distribution_are_its_own() -> None:
    # a standard normal: its 0.1, 0.5 and 0.9 quantiles are -1.2816, 0 and 1.2816; its 0.05 quantile is -1.6449
    learnt = np.array([[-1.2815516, 0.0, 1.2815516]])
    assert at_quantiles(learnt, (0.05, 0.5, 0.95))[0] == pytest.approx([-1.644854, 0.0, 1.644854], abs=1e-5)


def test_learnt_quantiles_stay_and_each_side_has_its_width() -> None:
    learnt = np.array([[1.0, 2.0, 5.0], [np.nan, np.nan, np.nan]])
    found = at_quantiles(learnt, (0.1, 0.25, 0.5, 0.75, 0.9))
    assert found[0, [0, 2, 4]] == pytest.approx([1.0, 2.0, 5.0])
    # the quartile of a normal is 0.52628 of the way to its decile
    assert found[0, [1, 3]] == pytest.approx([2.0 - 0.52628, 2.0 + 3 * 0.52628], abs=1e-4)
    assert np.isnan(found[1]).all()
