import numpy as np
import pytest

from flex_pipeline.forecasting.scores import coverage, mae, pinball, score

FORECAST = np.array([[1.0, 2.0, 4.0], [1.0, 2.0, 4.0]])
VALUES = np.array([3.0, 5.0])


def test_pinball_loss_by_hand() -> None:
    # y = 3: 0.1·2, 0.5·1, 0.1·1; y = 5: 0.1·4, 0.5·3, 0.9·1; mean of the six
    assert pinball(FORECAST, VALUES) == pytest.approx((0.2 + 0.5 + 0.1 + 0.4 + 1.5 + 0.9) / 6)


def test_coverage_and_error_by_hand() -> None:
    assert coverage(FORECAST, VALUES) == 0.5
    assert mae(FORECAST[:, 1], VALUES) == 2.0


def test_steps_without_a_forecast_are_not_scored() -> None:
    scores = score(np.vstack([FORECAST, [[np.nan] * 3]]), np.array([3.0, 4.0, 1.0]), np.append(VALUES, 9.0))
    assert (scores.mae, scores.mae_naive) == (2.0, 0.5)


def test_nothing_to_score_is_not_a_perfect_score() -> None:
    assert np.isnan(score(np.empty((0, 3)), np.empty(0), np.empty(0)).mae)


def test_what_is_certain_does_not_count_for_coverage() -> None:
    quantiles, values = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]), np.array([0.0, 9.0])
    assert score(quantiles, values, values).coverage == 0.5
    assert score(quantiles, values, values, np.array([True, False])).coverage == 0.0
