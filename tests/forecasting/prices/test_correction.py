import numpy as np
import pytest

from flex_pipeline.forecasting.prices.correction import features, train_correction
from flex_pipeline.forecasting.prices.market import Market

DAYS = np.arange(10, 200)


def market(level: float = 40.0) -> Market:
    draw = np.random.default_rng(0)
    wind = draw.uniform(0, 10, (210, 24, 1))
    # beyond 8 of wind prices fall off a cliff, which no linear regression follows
    prices = level - wind[:, :, 0] - 30 * (wind[:, :, 0] > 8)
    return Market(prices, wind, np.arange(210) % 7)


def linear(known: Market, days: np.ndarray) -> np.ndarray:
    """Windows that all say what a straight line says."""
    straight = known.prices.max() - known.published[days, :, 0]
    return np.repeat(straight[:, None], 6, axis=1)


def test_a_cliff_that_linear_regressions_miss_is_learnt() -> None:
    known, ahead = market(), np.arange(200, 210)
    correction = train_correction(known, DAYS, linear(known, DAYS)).of(known, ahead, linear(known, ahead))
    cliff = known.published[ahead, :, 0] > 8.3
    assert correction[cliff] == pytest.approx(np.full(cliff.sum(), -30.0), abs=3)
    assert np.abs(correction[known.published[ahead, :, 0] < 7.7]).max() < 3


def test_what_was_learnt_at_one_level_of_prices_holds_at_another() -> None:
    known, higher, ahead = market(40.0), market(240.0), np.arange(200, 210)
    correction = train_correction(known, DAYS, linear(known, DAYS))
    moved = correction.of(higher, ahead, linear(higher, ahead))
    stayed = correction.of(known, ahead, linear(known, ahead))
    # not to the last digit: a split may lie on rounding
    assert np.abs(moved - stayed).mean() < 0.5 < 3 < np.abs(stayed).mean()


def test_features_of_a_day_do_not_hold_its_prices_nor_later_ones() -> None:
    known, day = market(), np.array([100])
    changed = known.prices.copy()
    changed[100:] = -999.0
    other = Market(changed, known.published, known.weekday)
    assert np.array_equal(features(known, day, linear(known, day)), features(other, day, linear(known, day)))
    assert features(known, day, linear(known, day)).shape == (24, 2 + 13 + 6 + 9)
