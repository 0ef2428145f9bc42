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
from flex_pipeline.forecasting.gradient_boosting import Recipe, train_gradient_boosting
from flex_pipeline.forecasting.known import known_before
from flex_pipeline.forecasting.model import LadderStep, Model, read_past
from flex_pipeline.forecasting.naive import Predictor, SameHour
from flex_pipeline.forecasting.trial import Trial
from flex_pipeline.portfolio.sensor import Sensor


@dataclass(frozen=True)
class Setting:
    """A recipe, and how close losses must be for their weights to count alike; None: nothing is blended.

    Trains as `backtest` asks it to, whatever the history: there is no ladder here and no calibration.
    """

    recipe: Recipe
    close: float | None = None

    def __call__(
        self, history: pl.DataFrame, sensor: Sensor, *, cutoff: datetime, horizon: timedelta
    ) -> Model:
        """The model of this setting from what is known at `cutoff`."""
        past = read_past(history, sensor, known_before(sensor, cutoff), cutoff)
        trial = Trial.of(past, sensor, cutoff, horizon)
        predictor: Predictor = train_gradient_boosting(past, trial.outcomes, sensor, self.recipe)
        if self.close is not None:
            proof = train_gradient_boosting(past, trial.before, sensor, self.recipe)
            main, second = trial.quantiles(proof), trial.quantiles(SameHour())
            weight = weight_of_second(main, second, trial.held_out.values, self.close)
            predictor = Blend(predictor, SameHour(), weight)
        scores = trial.scores(trial.quantiles(predictor))
        return Model(sensor, predictor, LadderStep.GRADIENT_BOOSTING, "", scores, trial.ceiling)


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
