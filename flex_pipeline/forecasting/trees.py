"""Trained trees as plain numbers: what a stored model is made of. No code is stored, and none is run to load them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.wall_clock import Integers

NODE_FIELDS = ("feature_idx", "num_threshold", "missing_go_to_left", "left", "right", "value")


@dataclass(frozen=True)
class Trees:
    """Boosted regression trees, (trees, nodes) each; the root is node 0, a leaf is its own child.

    Adds the value of one leaf of each tree to `baseline`. A feature that is NaN goes the way `missing` says.
    """

    baseline: float
    feature: Integers
    threshold: Floats
    missing: Integers  # 1: to the left
    left: Integers
    right: Integers
    value: Floats

    def __post_init__(self) -> None:
        shapes = {part.shape for part in (self.feature, self.threshold, self.missing, self.value)}
        shapes |= {self.left.shape, self.right.shape}
        if len(shapes) != 1 or self.left.ndim != 2:
            raise ValueError(f"the parts of trees must be of one shape (trees, nodes), not {sorted(shapes)}")
        nodes = self.left.shape[1]
        if any(part.min() < 0 or part.max() >= nodes for part in (self.left, self.right)):
            raise ValueError(f"a tree of {nodes} nodes points to one that it has not")

    @classmethod
    def of(cls, regressor: Any) -> Trees:
        """The trees of a trained HistGradientBoostingRegressor, whose predictions they give to the last bit."""
        trees = [predictors[0].nodes for predictors in regressor._predictors]
        if any(nodes["is_categorical"].any() for nodes in trees):
            raise ValueError("trees with categories cannot be stored; state them as numbers")
        most = max(len(nodes) for nodes in trees)
        parts: dict[str, Any] = {}
        for name in NODE_FIELDS:
            parts[name] = np.stack([np.resize(nodes[name], most) for nodes in trees])
        leaf = np.stack([np.resize(nodes["is_leaf"], most) for nodes in trees]).astype(bool)
        itself = np.arange(most)
        return cls(
            float(np.ravel(regressor._baseline_prediction)[0]),
            np.where(leaf, 0, parts["feature_idx"]).astype(np.int64),
            parts["num_threshold"].astype(np.float64),
            parts["missing_go_to_left"].astype(np.int64),
            np.where(leaf, itself, parts["left"]).astype(np.int64),
            np.where(leaf, itself, parts["right"]).astype(np.int64),
            parts["value"].astype(np.float64),
        )

    def predict(self, features: Floats) -> Floats:
        """One number for each row of features (rows, k): (rows,)."""
        given = np.asarray(features, dtype=np.float64)
        tree, row = np.arange(len(self.left)), np.arange(len(given))[:, None]
        at = np.zeros((len(given), len(tree)), dtype=np.int64)
        while True:
            known = given[row, self.feature[tree, at]]
            left = np.where(np.isnan(known), self.missing[tree, at] == 1, known <= self.threshold[tree, at])
            below = np.where(left, self.left[tree, at], self.right[tree, at])
            if (below == at).all():
                break
            at = below
        total = np.full(len(given), self.baseline)
        for values in self.value[tree, at].T:  # in the order of the trees: the sum to the last bit
            total += values
        return total
