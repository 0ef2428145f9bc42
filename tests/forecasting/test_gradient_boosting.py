from dataclasses import dataclass

import numpy as np

from flex_pipeline.forecasting.gradient_boosting import LOAD, PV, Member


@dataclass(frozen=True)
class Constant:
    value: float

    def predict(self, known: np.ndarray) -> np.ndarray:
        return np.full(len(known), self.value)


def member(of_mean: float | None, above_usual: bool = True) -> Member:
    quantiles = (Constant(-1.0), Constant(0.0), Constant(2.0))
    return Member(quantiles, None if of_mean is None else Constant(of_mean), above_usual, scale=10.0)


KNOWN, LEVEL = np.zeros((1, 1)), np.array([5.0])


def test_what_is_learnt_above_usual_is_added_to_it() -> None:
    assert member(None).quantiles(KNOWN, LEVEL).tolist() == [[4.0, 5.0, 7.0]]
    assert member(None, above_usual=False).quantiles(KNOWN, LEVEL).tolist() == [[-1.0, 0.0, 2.0]]


def test_the_median_is_averaged_with_the_mean() -> None:
    above = np.arcsinh(6.0 / 10.0) - np.arcsinh(5.0 / 10.0)  # the mean is 6
    np.testing.assert_allclose(member(above).quantiles(KNOWN, LEVEL), [[4.0, 5.5, 7.0]])


def test_a_mean_beyond_the_outer_quantiles_counts_as_the_nearer_of_them() -> None:
    assert member(9.0).quantiles(KNOWN, LEVEL).tolist() == [[4.0, 6.0, 7.0]]  # (5 + 7) / 2


def test_loads_are_learnt_above_usual_and_pv_both_ways() -> None:
    assert [above_usual for _, above_usual in LOAD.members] == [True, True]
    assert sorted(above_usual for _, above_usual in PV.members) == [False, True]
