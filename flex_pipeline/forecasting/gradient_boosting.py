"""Gradient boosting: direct models of each quantile, with the lead as a feature, as the mean of two members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from flex_pipeline.forecasting.features import features, usual
from flex_pipeline.forecasting.history import Floats, History, Rows
from flex_pipeline.forecasting.origins import Outcomes
from flex_pipeline.forecasting.scores import QUANTILES
from flex_pipeline.forecasting.solar import sky_over
from flex_pipeline.portfolio.sensor import Sensor

Growth = Mapping[str, Any]

# for one household, whose lags carry little: deeper trees learn last month's weather
SMALL: Growth = {
    "max_iter": 60,
    "learning_rate": 0.06,
    "max_leaf_nodes": 7,
    "min_samples_leaf": 40,
    "max_features": 0.5,
    "l2_regularization": 1.0,
    "early_stopping": False,
    "random_state": 0,
}
# for a country, or a weather forecast, which bends in many places
LARGE: Growth = {**SMALL, "max_iter": 200, "max_leaf_nodes": 15}


# How the models of a sensor are made: the mean of members, each of its trees, and whether its target is what a value is
# above the usual of its hour, so that what was learnt in autumn holds in winter; else it is the value itself.
Recipe = tuple[tuple[Growth, bool], ...]

# benchmarks/load_settings.py and benchmarks/pv_settings.py compare them on days before those of the benchmarks
LOAD: Recipe = ((SMALL, True), (LARGE, True))
PV: Recipe = ((LARGE, False), (LARGE, True))


@dataclass(frozen=True)
class Member:
    """Trained models of the quantiles, in order."""

    of_quantiles: tuple[Any, ...]
    above_usual: bool

    def quantiles(self, known: Floats, level: Floats) -> Floats:
        """From features (n, k) and the usual of the hour (n,): (n, 3) in order."""
        base = level if self.above_usual else np.zeros(len(level))
        above = np.column_stack([model.predict(known) for model in self.of_quantiles])
        return np.sort(base[:, None] + above, axis=1)


@dataclass(frozen=True)
class GradientBoosting:
    """Trained members, of equal weight."""

    sensor: Sensor
    members: tuple[Member, ...]
    name: str = "gradient boosting"

    def quantiles(self, history: History, rows: Rows) -> Floats:
        """The mean of what the members say of each row, in order."""
        known = features(history, rows, sky_over(self.sensor, rows.starts))
        level = usual(history, rows)
        return np.asarray(np.mean([member.quantiles(known, level) for member in self.members], axis=0))


def recipe_of(sensor: Sensor) -> Recipe:
    """How models of a sensor are made."""
    return PV if sensor.kind == "pv" else LOAD


def train_gradient_boosting(
    history: History, outcomes: Outcomes, sensor: Sensor, recipe: Recipe | None = None
) -> GradientBoosting:
    """Models of a sensor from past outcomes, of PV in daylight, by the recipe of its kind unless one is given."""
    return fit(history, in_daylight(outcomes, sensor), sensor, recipe or recipe_of(sensor))


def in_daylight(outcomes: Outcomes, sensor: Sensor) -> Outcomes:
    """Those of PV that are not in the dark: among the zeros of nights the lower quantiles of days are not learnt.

    Of other sensors, and where it never dawns, all.
    """
    sky = sky_over(sensor, outcomes.rows.starts)
    return outcomes if sky is None or sky.dark.all() else outcomes.chosen(~sky.dark)


def fit(history: History, outcomes: Outcomes, sensor: Sensor, recipe: Recipe) -> GradientBoosting:
    """Models from all the outcomes given."""
    known = features(history, outcomes.rows, sky_over(sensor, outcomes.rows.starts))
    known[:, np.isnan(known).all(axis=0)] = 0.0  # what is not there yet teaches nothing, and cannot be binned
    level = usual(history, outcomes.rows)
    members = (_fitted(trees, above_usual, known, level, outcomes.values) for trees, above_usual in recipe)
    return GradientBoosting(sensor, tuple(members))


def _fitted(trees: Growth, above_usual: bool, known: Floats, level: Floats, values: Floats) -> Member:
    from sklearn.ensemble import HistGradientBoostingRegressor

    base = level if above_usual else np.zeros(len(level))
    of_quantiles = (
        HistGradientBoostingRegressor(loss="quantile", quantile=q, **trees).fit(known, values - base)
        for q in QUANTILES
    )
    return Member(tuple(of_quantiles), above_usual)
