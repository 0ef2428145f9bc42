"""Blend: two forecasts weighted, the weight chosen on held-out days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flex_pipeline.forecasting.history import Floats, History, Rows
from flex_pipeline.forecasting.naive import Predictor
from flex_pipeline.forecasting.scores import pinball

# the noise of one household asks for 0.4, a feeder of thousands for 0
SAME_HOUR_WEIGHTS = (0.0, 0.2, 0.4, 0.6)
# losses of four weeks that are so close do not tell which weight is better (benchmarks/load_settings.py)
CLOSE = 0.05


@dataclass(frozen=True)
class Blend:
    """`weight` of the second forecast and the rest of the first, quantile by quantile."""

    main: Predictor
    second: Predictor
    weight: float

    @property
    def name(self) -> str:
        """The main model, and the share of the second if it has one."""
        return (
            f"{self.main.name} + {self.weight:.0%} same-hour".replace("%", " %")
            if self.weight
            else self.main.name
        )

    def quantiles(self, history: History, rows: Rows) -> Floats:
        """The weighted quantiles, which are quantiles of neither, but score better than both."""
        main = self.main.quantiles(history, rows)
        return mixed(main, self.second.quantiles(history, rows), self.weight) if self.weight else main


def mixed(main: Floats, second: Floats, weight: float) -> Floats:
    """The weighted mean of two forecasts of the same shape."""
    return (1 - weight) * main + weight * second


def weight_of_second(main: Floats, second: Floats, values: Floats, close: float = CLOSE) -> float:
    """How much the second forecast counts: the mean of the weights, those that lose less counting more."""
    losses = [pinball(mixed(main, second, weight), values) for weight in SAME_HOUR_WEIGHTS]
    excess = (np.array(losses) - min(losses)) / max(min(losses), np.finfo(float).eps)
    return float(np.average(SAME_HOUR_WEIGHTS, weights=np.exp(-excess / close)))
