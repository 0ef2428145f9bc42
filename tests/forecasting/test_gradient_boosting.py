from dataclasses import dataclass

import numpy as np

from flex_pipeline.forecasting.gradient_boosting import LOAD, PV, Member


@dataclass(frozen=True)
class Constant:
    value: float

    def predict(self, known: np.ndarray) -> np.ndarray:
        return np.full(len(known), self.value)


def member(*quantiles: float, above_usual: bool = True) -> Member:
    return Member(tuple(Constant(value) for value in quantiles), above_usual)


KNOWN, LEVEL = np.zeros((1, 1)), np.array([5.0])


def test_what_is_learnt_above_usual_is_added_to_it() -> None:
    assert member(-1, 0, 2).quantiles(KNOWN, LEVEL).tolist() == [[4, 5, 7]]
    assert member(-1, 0, 2, above_usual=False).quantiles(KNOWN, LEVEL).tolist() == [[-1, 0, 2]]


def test_quantiles_that_cross_are_put_in_order() -> None:
    assert member(0, -1, 2).quantiles(KNOWN, LEVEL).tolist() == [[4, 5, 7]]


def test_loads_are_learnt_above_usual_and_pv_both_ways() -> None:
    assert [above_usual for _, above_usual in LOAD] == [True, True]
    assert sorted(above_usual for _, above_usual in PV) == [False, True]
