"""Other quantiles than those that are learnt."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.scores import QUANTILES


def at_quantiles(learnt: Floats, quantiles: Sequence[float]) -> Floats:
    """Quantiles (n, q) of the two-piece normal distribution through the learnt ones (n, 3); those stay as they are.

    Half of a normal on each side of the median, of the width that the outer quantile of that side asks for.
    """
    low, middle, high = learnt.T
    z = np.array([NormalDist().inv_cdf(quantile) for quantile in quantiles])
    below, above = (abs(NormalDist().inv_cdf(QUANTILES[i])) for i in (0, -1))
    width = np.where(z < 0, ((middle - low) / below)[:, None], ((high - middle) / above)[:, None])
    return np.asarray(middle[:, None] + z * width)
