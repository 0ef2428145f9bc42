"""Conformal calibration: outer quantiles moved until they hold as often as they say, on held-out days.

After Romano et al. 2019 (conformalised quantile regression), each side by itself and in units of the distance
between the outer quantiles, so that what is certain (no sun at night) stays certain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flex_pipeline.forecasting.history import Floats, History, Rows
from flex_pipeline.forecasting.naive import Predictor
from flex_pipeline.forecasting.scores import QUANTILES

MOST = 0.5  # of the width: held-out days that ask for more were of another kind


@dataclass(frozen=True)
class Calibrated:
    """Another forecast, its outer quantiles moved by shares of their distance; positive is up."""

    inner: Predictor
    low: float
    high: float

    @property
    def name(self) -> str:
        """That of the forecast inside."""
        return self.inner.name

    def quantiles(self, history: History, rows: Rows) -> Floats:
        """Calibrated quantiles (rows, 3)."""
        return moved(self.inner.quantiles(history, rows), self.low, self.high)


def moved(quantiles: Floats, low: float, high: float) -> Floats:
    """Outer quantiles of (n, 3) moved by shares of their distance, the median where it was."""
    below, middle, above = np.sort(quantiles, axis=1).T
    width = above - below
    return np.column_stack(
        [np.minimum(below + low * width, middle), middle, np.maximum(above + high * width, middle)]
    )


def shifts(quantiles: Floats, values: Floats) -> tuple[float, float]:
    """The shares of the width by which each side must move to hold on these values; 0 where none is uncertain."""
    below, _, above = np.sort(quantiles, axis=1).T
    width = above - below
    uncertain = np.isfinite(width) & (width > 0)
    if not uncertain.any():
        return 0.0, 0.0
    sides = ((below, QUANTILES[0]), (above, QUANTILES[-1]))
    low, high = (
        float(np.quantile(((values - side) / width.clip(1e-9))[uncertain], q)) for side, q in sides
    )
    return float(np.clip(low, -MOST, MOST)), float(np.clip(high, -MOST, MOST))
