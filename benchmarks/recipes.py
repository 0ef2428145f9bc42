"""Recipes of gradient boosting compared on the days before a test period; nothing of that period is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
from rich.console import Console
from rich.table import Table

from benchmarks.series import Series
from flex_pipeline.forecasting.blend import Blend, weight_of_second
from flex_pipeline.forecasting.gradient_boosting import GradientBoosting, Recipe, fit, in_daylight
from flex_pipeline.forecasting.history import History
from flex_pipeline.forecasting.known import known_before
from flex_pipeline.forecasting.model import LadderStep, Model, read_past
from flex_pipeline.forecasting.naive import Predictor, SameHour
from flex_pipeline.forecasting.origins import Outcomes
from flex_pipeline.forecasting.trial import Trial
from flex_pipeline.portfolio.sensor import Sensor


@dataclass(frozen=True)
class Setting:
    """A recipe, and what is learnt from it; trains as `backtest` asks it to: no ladder here and no calibration.

    `close`: how close losses must be for their weights to count alike; None: nothing is blended. `days`: of history,
    at most; None: as many as are used otherwise. `nights`: whether PV learns from them, too.
    """

    recipe: Recipe
    close: float | None = None
    days: int | None = None
    nights: bool = False

    def __call__(
        self, history: pl.DataFrame, sensor: Sensor, *, cutoff: datetime, horizon: timedelta
    ) -> Model:
        """The model of this setting from what is known at `cutoff`."""
        if self.days is not None:
            history = history.filter(pl.col("event_start") >= cutoff - timedelta(days=self.days))
        past = read_past(history, sensor, known_before(sensor, cutoff), cutoff)
        trial = Trial.of(past, sensor, cutoff, horizon)
        predictor: Predictor = self._trained(past, trial.outcomes, sensor)
        if self.close is not None:
            proof = self._trained(past, trial.before, sensor)
            main, second = trial.quantiles(proof), trial.quantiles(SameHour())
            weight = weight_of_second(main, second, trial.held_out.values, self.close)
            predictor = Blend(predictor, SameHour(), weight)
        scores = trial.scores(trial.quantiles(predictor))
        return Model(sensor, predictor, LadderStep.GRADIENT_BOOSTING, "", scores, trial.ceiling)

    def _trained(self, past: History, outcomes: Outcomes, sensor: Sensor) -> GradientBoosting:
        return fit(past, outcomes if self.nights else in_daylight(outcomes, sensor), sensor, self.recipe)


def show(series: Series, days: int, settings: Mapping[str, Setting], retrain_days: int) -> None:
    """A table of what each setting, trained so often, scores on the days before the test period."""
    table = Table(
        "setting", "MAE", "pinball", "within 80 %", title=f"{series.name}: {days} days before its test"
    )
    before = series.before_test(days)
    for name, setting in settings.items():
        scores = before.backtest(retrain_days=retrain_days, trained=setting).scores
        table.add_row(name, f"{scores.mae:.4f}", f"{scores.pinball:.4f}", f"{scores.coverage:.1%}")
    Console().print(table)
