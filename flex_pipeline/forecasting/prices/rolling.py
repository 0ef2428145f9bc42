"""Day after day: each forecast from the days before it alone."""

from __future__ import annotations

import numpy as np

from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.prices.correction import Correction, train_correction
from flex_pipeline.forecasting.prices.lear import lear
from flex_pipeline.forecasting.prices.market import Market

RETRAIN_DAYS = 28  # benchmarks/price_settings.py compares it with 56
WARM_UP_DAYS = 364  # LEAR over fewer days errs in ways that a correction should not learn
FEWEST_DAYS_TO_CORRECT = 182


def past_members(market: Market, first: int, end: int) -> Floats:
    """What LEAR said of the days [first, end), each before its own day: (days, windows, 24)."""
    return np.array([lear(market, day) for day in range(first, end)])


def learn(market: Market, day: int) -> Correction | None:
    """The correction that the days before `day` teach; None while there are too few."""
    first = max(WARM_UP_DAYS, day - 1092)
    if day - first < FEWEST_DAYS_TO_CORRECT:
        return None
    return train_correction(market, np.arange(first, day), past_members(market, first, day))


def forecast_days(market: Market, first: int, days: int) -> Floats:
    """The published protocol: prices of each of `days` days from `first` on (days, 24).

    Day d is forecast from prices up to d-1 and what was published for d. LEAR is fitted anew every day, its
    correction every 28 days. ValueError with fewer than 35 days before the first.
    """
    start = min(WARM_UP_DAYS, first)
    members = past_members(market, start, first + days)
    forecast: Floats = members[first - start :].mean(axis=1)
    for begin in range(first, first + days, RETRAIN_DAYS):
        if begin - start < FEWEST_DAYS_TO_CORRECT:
            continue
        end = min(begin + RETRAIN_DAYS, first + days)
        correction = train_correction(market, np.arange(start, begin), members[: begin - start])
        ahead = slice(begin - start, end - start)
        forecast[begin - first : end - first] += correction.of(market, np.arange(begin, end), members[ahead])
    return forecast
