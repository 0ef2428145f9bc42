"""Stored trees say what scikit-learn's say, to the last bit."""

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from flex_pipeline.forecasting.trees import Trees


@pytest.mark.parametrize("loss", [{"loss": "quantile", "quantile": 0.9}, {"loss": "squared_error"}])
def test_trees_predict_as_the_regressor_they_are_from(loss: dict[str, Any]) -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(500, 6))
    features[random.random(features.shape) < 0.2] = np.nan
    values = np.nan_to_num(features[:, 0]) + random.normal(size=500)
    regressor = HistGradientBoostingRegressor(**loss, max_iter=20, max_leaf_nodes=7).fit(features, values)

    assert (Trees.of(regressor).predict(features) == regressor.predict(features)).all()


def test_a_tree_that_points_outside_of_itself_is_refused() -> None:
    leaf, number = np.zeros((1, 1), dtype=np.int64), np.zeros((1, 1))
    with pytest.raises(ValueError, match="a tree of 1 nodes points to one that it has not"):
        Trees(0.0, leaf, number, leaf, leaf + 1, leaf, number)
