"""Day after day: each forecast from the days before it alone."""

from __future__ import annotations

import numpy as np

from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.prices.correction import Correction, train_correction
from flex_pipeline.forecasting.prices.lars import choose, lars
from flex_pipeline.forecasting.prices.lear import lear
from flex_pipeline.forecasting.prices.market import Market
from flex_pipeline.forecasting.wall_clock import Integers

RETRAIN_DAYS = 28  # benchmarks/price_settings.py compares it with 56
WARM_UP_DAYS = 364  # LEAR over fewer days errs in ways that a correction should not learn
FEWEST_DAYS_TO_CORRECT = 182


def members(market: Market, day: int, chosen: Integers) -> Floats:
    """What each window says of a day, on all regressors and on those that LARS chose: (windows, 24)."""
    return np.vstack([lear(market, day), lars(market, day, chosen)])


def past_members(market: Market, first: int, end: int) -> Floats:
    """What was said of the days [first, end), each before its own day: (days, windows, 24)."""
    said = []
    for begin in range(first, end, RETRAIN_DAYS):
        chosen = choose(market, begin)
        said += [members(market, day, chosen) for day in range(begin, min(begin + RETRAIN_DAYS, end))]
    return np.array(said)


def learn(market: Market, day: int) -> Correction | None:
    """The correction that the days before `day` teach; None while there are too few."""
    first = max(WARM_UP_DAYS, day - 1092)
    if day - first < FEWEST_DAYS_TO_CORRECT:
        return None
    return train_correction(market, np.arange(first, day), past_members(market, first, day))


def forecast_days(market: Market, first: int, days: int) -> Floats:
    """The published protocol: prices of each of `days` days from `first` on (days, 24).

    Day d is forecast from prices up to d-1 and what was published for d. LEAR is fitted anew every day, its
    correction and what LARS chooses every 28 days. ValueError with fewer than 35 days before the first.
    """
    start = min(WARM_UP_DAYS, first)
    said = past_members(market, start, first + days)
    forecast: Floats = said[first - start :].mean(axis=1)
    for begin in range(first, first + days, RETRAIN_DAYS):
        if begin - start < FEWEST_DAYS_TO_CORRECT:
            continue
        end = min(begin + RETRAIN_DAYS, first + days)
        correction = train_correction(market, np.arange(start, begin), said[: begin - start])
        ahead = slice(begin - start, end - start)
        forecast[begin - first : end - first] += correction.of(market, np.arange(begin, end), said[ahead])
    return forecast
