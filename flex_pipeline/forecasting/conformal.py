"""Conformal calibration: the outer quantiles widened or narrowed until they held as often as they say.

After Romano et al. 2019 (conformalised quantile regression), in units of the distance between the outer
quantiles, so that what is certain (no sun at night) stays certain.
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
    """Another forecast, its outer quantiles moved apart by a share of their distance each."""

    inner: Predictor
    share: float

    @property
    def name(self) -> str:
        """That of the forecast inside."""
        return self.inner.name

    def quantiles(self, history: History, rows: Rows) -> Floats:
        """Calibrated quantiles (rows, 3)."""
        return widened(self.inner.quantiles(history, rows), self.share)


def outer_levels(days: int) -> tuple[float, float]:
    """Levels of the errors of past days between which one to come lies as often as the outer quantiles say.

    A day to come takes any of the n + 1 places between and beyond them (split conformal prediction, Vovk et al. 2005),
    so a quantile q is at the rank q·(n + 1). What is missed within a day has one cause: n counts days, not steps.
    """
    if days < 2:
        return 0.0, 1.0
    low, high = ((q * (days + 1) - 1) / (days - 1) for q in (QUANTILES[0], QUANTILES[-1]))
    return max(low, 0.0), min(high, 1.0)


def widened(quantiles: Floats, share: float) -> Floats:
    """Outer quantiles of (n, 3) moved apart by a share of their distance each, the median where it was."""
    low, middle, high = np.sort(quantiles, axis=1).T
    apart = share * (high - low)
    return np.column_stack([np.minimum(low - apart, middle), middle, np.maximum(high + apart, middle)])


def widening(quantiles: Floats, values: Floats) -> float:
    """The share of the width by which both sides must move to hold on these values, negative if inwards.

    0 where nothing is uncertain.
    """
    low, _, high = np.sort(quantiles, axis=1).T
    width = high - low
    uncertain = np.isfinite(width) & (width > 0)
    if not uncertain.any():
        return 0.0
    outside = np.maximum(low - values, values - high)[uncertain] / width[uncertain]
    share = float(np.quantile(outside, QUANTILES[-1] - QUANTILES[0]))
    return float(np.clip(share, -MOST, MOST))
