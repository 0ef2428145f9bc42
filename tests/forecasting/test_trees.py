"""Stored trees say what scikit-learn's say, to the last bit."""

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from flex_pipeline.forecasting.trees import Trees


@pytest.mark.parametrize(
    "growth", [{"max_leaf_nodes": 7}, {"max_leaf_nodes": 31}, {"max_iter": 1, "max_depth": 1}]
)
@pytest.mark.parametrize("loss", [{"loss": "quantile", "quantile": 0.9}, {"loss": "squared_error"}])
def test_trees_predict_as_the_regressor_they_are_from(loss: dict[str, Any], growth: dict[str, Any]) -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(500, 6))
    features[random.random(features.shape) < 0.2] = np.nan
    values = np.nan_to_num(features[:, 0]) + random.normal(size=500)
    regressor = HistGradientBoostingRegressor(**loss, **({"max_iter": 20} | growth)).fit(features, values)

    assert (Trees.of(regressor).predict(features) == regressor.predict(features)).all()


def test_a_tree_that_points_outside_of_itself_is_refused() -> None:
    leaf, number = np.zeros((1, 1), dtype=np.int64), np.zeros((1, 1))
    with pytest.raises(ValueError, match="a tree of 1 nodes points to one that it has not"):
        Trees(0.0, leaf, number, leaf, leaf + 1, leaf, number)


def test_trees_of_one_leaf_each_say_the_baseline_and_their_values() -> None:
    node, number = np.zeros((2, 1), dtype=np.int64), np.array([[0.5], [0.25]])
    assert (Trees(1.0, node, number, node, node, node, number).predict(np.zeros((3, 1))) == 1.75).all()


def test_a_tree_that_points_back_is_refused() -> None:
    node, number = np.zeros((1, 3), dtype=np.int64), np.zeros((1, 3))
    left, right = np.array([[1, 0, 2]]), np.array([[2, 2, 2]])
    with pytest.raises(ValueError, match="a tree points back"):
        Trees(0.0, node, number, node, left, right, number)


def test_a_tree_of_too_many_nodes_is_refused() -> None:
    node, number = np.arange(65, dtype=np.int64)[None], np.zeros((1, 65))
    with pytest.raises(ValueError, match="a tree has 65 nodes; at most 64 are evaluated"):
        Trees(0.0, 0 * node, number, 0 * node, node, node, number)
