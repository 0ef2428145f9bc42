"""Gaps in series of whole days."""

from __future__ import annotations

import numpy as np

from flex_pipeline.forecasting.history import Floats


def filled(days: Floats) -> Floats:
    """Each gap of (days, steps) as on the latest day before with a value, else the first after it, else the mean."""
    n = len(days)
    measured = np.isfinite(days)
    before = np.maximum.accumulate(np.where(measured, np.arange(n)[:, None], -1), axis=0)
    after = np.minimum.accumulate(np.where(measured, np.arange(n)[:, None], n)[::-1], axis=0)[::-1]
    source = np.where(before >= 0, before, after)
    padded = np.vstack([days, np.full(days.shape[1], np.nanmean(days))])
    return np.asarray(np.take_along_axis(padded, source, axis=0))
