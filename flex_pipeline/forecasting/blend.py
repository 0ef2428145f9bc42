"""Blend: two forecasts weighted, the weight chosen on held-out days."""

from __future__ import annotations

from dataclasses import dataclass

from flex_pipeline.forecasting.history import Floats, History, Rows
from flex_pipeline.forecasting.naive import Predictor
from flex_pipeline.forecasting.scores import pinball

# the noise of one household asks for 0.4, a feeder of thousands for 0
SAME_HOUR_WEIGHTS = (0.0, 0.2, 0.4, 0.6)


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


def best_weight(main: Floats, second: Floats, values: Floats) -> float:
    """The weight of the second forecast with the least pinball loss."""
    return min(SAME_HOUR_WEIGHTS, key=lambda weight: pinball(mixed(main, second, weight), values))
