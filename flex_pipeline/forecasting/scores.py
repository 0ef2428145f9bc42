"""Scores of a probabilistic forecast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.forecasting.history import Floats

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Scores:
    """On held-out days, in the unit of the sensor; NaN where there were none.

    `mae` of the median, `mae_naive` of the value a week ago, `pinball`: mean over the quantiles,
    `coverage`: share of values between the outer quantiles, ideally 0.8; of PV in daylight, as nights are certain.
    """

    mae: float
    mae_naive: float
    pinball: float
    coverage: float


def mae(forecast: Floats, values: Floats) -> float:
    """Mean absolute error; NaN without values."""
    return float(np.mean(np.abs(forecast - values))) if len(values) else float("nan")


def pinball(quantiles: Floats, values: Floats) -> float:
    """Mean of q·(y − f) where y is above the forecast f and (q − 1)·(y − f) below; (n, 3) against (n,)."""
    missed = values[:, None] - quantiles
    loss = np.maximum(np.array(QUANTILES) * missed, (np.array(QUANTILES) - 1) * missed)
    return float(loss.mean()) if len(values) else float("nan")


def coverage(quantiles: Floats, values: Floats) -> float:
    """Share of values within the outer quantiles, ends included."""
    within = (quantiles[:, 0] <= values) & (values <= quantiles[:, -1])
    return float(within.mean()) if len(values) else float("nan")


def score(
    quantiles: Floats, naive: Floats, values: Floats, certain: NDArray[np.bool_] | None = None
) -> Scores:
    """All scores of forecasts (n, 3) and of the naive forecast (n,), where there are both.

    `certain` (n,): steps in which nothing else could happen; they do not count for coverage.
    """
    both = np.isfinite(quantiles[:, 1]) & np.isfinite(naive)
    uncertain = both if certain is None else both & ~certain
    covered = coverage(quantiles[uncertain], values[uncertain])
    quantiles, naive, values = quantiles[both], naive[both], values[both]
    return Scores(
        mae(quantiles[:, 1], values),
        mae(naive, values),
        pinball(quantiles, values),
        covered,
    )
