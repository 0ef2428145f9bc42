"""Trained trees as plain numbers: what a stored model is made of. No code is stored, and none is run to load them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.wall_clock import Integers

Leaves = npt.NDArray[np.uint64]  # sets of leaves: one bit for each, the leftmost the lowest
NO_LEAF, LEFTMOST, EVERY_LEAF = np.uint64(0), np.uint64(1), ~np.uint64(0)
MOST_NODES = 64
ROWS_AT_ONCE = 256  # 200 trees of them stay in the cache
NODE_FIELDS = ("feature_idx", "num_threshold", "missing_go_to_left", "left", "right", "value")


@dataclass(frozen=True)
class Trees:
    """Boosted regression trees, (trees, nodes) each; a leaf is its own child.

    The root is node 0; what is to the left of a node follows it, then what is to the right. Adds the value of one leaf
    of each tree to `baseline`. A feature that is NaN goes the way `missing` says.
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
        follows = (self.left > np.arange(nodes)) & (self.right > self.left)
        if not (follows | self._is_leaf).all():
            raise ValueError("a tree points back: what is below a node must follow it, left before right")
        if nodes > MOST_NODES:
            raise ValueError(f"a tree has {nodes} nodes; at most {MOST_NODES} are evaluated")

    @classmethod
    def of(cls, regressor: Any) -> Trees:
        """The trees of a trained HistGradientBoostingRegressor, whose predictions they give to the last bit."""
        trees = [predictors[0].nodes for predictors in regressor._predictors]
        if any(nodes["is_categorical"].any() for nodes in trees):
            raise ValueError("trees with categories cannot be stored; state them as numbers")
        most = max(len(nodes) for nodes in trees)
        parts: dict[str, Any] = {
            name: np.stack([np.resize(nodes[name], most) for nodes in trees]) for name in NODE_FIELDS
        }
        itself = np.arange(most)
        # a smaller tree is filled up with leaves that nothing leads to
        leaf = np.stack(
            [np.resize(nodes["is_leaf"], most) | (itself >= len(nodes)) for nodes in trees]
        ).astype(bool)
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
        """One number for each row of features (rows, k): (rows,).

        A row goes to the leftmost leaf that no split on its features rules out (Lucchese et al., QuickScorer, 2015):
        all splits are looked at, none waits for another, which suits numpy five times better than walking down.
        """
        given = np.asarray(features, dtype=np.float64).T
        # unknown: right of every threshold, or left of every one
        sides = np.vstack([given, np.where(np.isnan(given), -np.inf, given)])
        total = np.full(len(features), self.baseline)
        for at in range(0, len(features), ROWS_AT_ONCE):
            part = slice(at, at + ROWS_AT_ONCE)
            for values in self._leaf_values(sides[:, part]):  # tree by tree: the sum to the last bit
                total[part] += values
        return total

    def _leaf_values(self, sides: Floats) -> Floats:
        """The value of each tree (trees, rows), from the features of rows (2k, rows)."""
        splits = self._splits
        unknown_left = len(sides) // 2
        left_over = np.full((len(self.left), sides.shape[1]), EVERY_LEAF)
        for feature, missing, threshold, right in splits.each:
            known = sides[feature + missing * unknown_left]
            left_over &= np.where(known <= threshold[:, None], EVERY_LEAF, right[:, None])
        leftmost = left_over & (~left_over + LEFTMOST)
        leaf = np.frexp(leftmost.astype(np.float64))[1] - 1
        return np.take_along_axis(splits.leaf_value, leaf, axis=1)

    @cached_property
    def _is_leaf(self) -> npt.NDArray[np.bool_]:
        return np.equal(self.left, np.arange(self.left.shape[1]))

    @cached_property
    def _splits(self) -> _Splits:
        tree = np.arange(len(self.left))
        leaf = np.where(self._is_leaf, np.cumsum(self._is_leaf, axis=1) - 1, 0)
        below = np.where(self._is_leaf, LEFTMOST << leaf.astype(np.uint64), NO_LEAF)
        for node in reversed(range(self.left.shape[1])):
            below[:, node] |= below[tree, self.left[:, node]] | below[tree, self.right[:, node]]
        to_the_left = np.where(self._is_leaf, NO_LEAF, below[tree[:, None], self.left])
        leaf_value = np.zeros((len(tree), MOST_NODES))
        leaf_value[np.nonzero(self._is_leaf)[0], leaf[self._is_leaf]] = self.value[self._is_leaf]
        # a tree of fewer splits is filled up with leaves, which rule nothing out
        some = np.argsort(self._is_leaf, axis=1, kind="stable")[:, : (~self._is_leaf).sum(axis=1).max()]
        parts = (self.feature, self.missing, self.threshold, ~to_the_left)
        each = tuple(zip(*(np.take_along_axis(part, some, axis=1).T for part in parts), strict=True))
        return _Splits(each, leaf_value)


@dataclass(frozen=True)
class _Splits:
    """The first splits of all trees, the second ones, and so on, without the order of a tree.

    Of each, (trees,): the feature, 1 where unknown goes to the left, the threshold, and the leaves not on its left.
    """

    each: tuple[tuple[Integers, Integers, Floats, Leaves], ...]
    leaf_value: Floats  # (trees, leaves)
