"""Gradient boosting: one direct model per quantile, with the lead as a feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from flex_pipeline.forecasting.features import features, usual
from flex_pipeline.forecasting.history import Floats, History, Rows
from flex_pipeline.forecasting.origins import Outcomes
from flex_pipeline.forecasting.scores import QUANTILES
from flex_pipeline.forecasting.solar import sky_over
from flex_pipeline.portfolio.sensor import Sensor

# shallow and few: the lags of one household carry little, and deeper trees learn last month's weather
TREES = {
    "max_iter": 60,
    "learning_rate": 0.06,
    "max_leaf_nodes": 7,
    "min_samples_leaf": 40,
    "max_features": 0.5,
    "l2_regularization": 1.0,
    "early_stopping": False,
    "random_state": 0,
}
# a weather forecast bends in many places: PV of half a year, error 0.033 instead of 0.038 of 1
TREES_WITH_PUBLISHED = TREES | {"max_iter": 200, "max_leaf_nodes": 15}


@dataclass(frozen=True)
class GradientBoosting:
    """Trained models, in the order of the quantiles."""

    sensor: Sensor
    models: tuple[Any, ...]
    name: str = "gradient boosting"

    def quantiles(self, history: History, rows: Rows) -> Floats:
        """What each model says of each row, unsorted."""
        known = features(history, rows, sky_over(self.sensor, rows.starts))
        above_usual = np.column_stack([model.predict(known) for model in self.models])
        return np.asarray(usual(history, rows)[:, None] + above_usual)


def train_gradient_boosting(history: History, outcomes: Outcomes, sensor: Sensor) -> GradientBoosting:
    """Models of a sensor from past outcomes."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    known = features(history, outcomes.rows, sky_over(sensor, outcomes.rows.starts))
    known[:, np.isnan(known).all(axis=0)] = 0.0  # what is not there yet teaches nothing, and cannot be binned
    above_usual = outcomes.values - usual(history, outcomes.rows)
    trees = TREES if history.published is None else TREES_WITH_PUBLISHED
    models = (
        HistGradientBoostingRegressor(loss="quantile", quantile=q, **trees).fit(known, above_usual)
        for q in QUANTILES
    )
    return GradientBoosting(sensor, tuple(models))
