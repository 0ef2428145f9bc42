"""LEAR: linear regressions of a day's prices on those of the week before, over windows of several lengths.

After Lago et al. 2021 (Applied Energy 293), with ridge regression instead of the LASSO: 24 hours share one
factorisation, so that every window can be fitted anew every day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.prices.market import HOURS, Market
from flex_pipeline.forecasting.wall_clock import Integers

# benchmarks/price_settings.py chose them on the year before the published test period
WINDOWS_DAYS = (56, 84, 182, 364, 728, 1092)
PENALTY = 30.0

PRICE_LAGS_DAYS, PUBLISHED_LAGS_DAYS = (1, 2, 3, 7), (0, 1, 7)
LONGEST_LAG_DAYS = 7
FEWEST_DAYS = 4 * 7 + LONGEST_LAG_DAYS
MAD_TO_DEVIATION = 1.4826  # of a normal distribution
WEEKDAYS = np.eye(7)


def lear(
    market: Market, day: int, windows_days: Sequence[int] = WINDOWS_DAYS, penalty: float = PENALTY
) -> Floats:
    """Prices of a day from each window that ends the day before: (windows, 24).

    A window that reaches past the first day is cut there. ValueError with fewer than 35 days before.
    """
    if day < FEWEST_DAYS:
        raise ValueError(f"LEAR needs {FEWEST_DAYS} days before the one to forecast, there are {day}")
    lengths = [min(days, day - LONGEST_LAG_DAYS) for days in windows_days]
    by_length = {length: _one_window(market, day, length, penalty) for length in set(lengths)}
    return np.array([by_length[length] for length in lengths])


def _one_window(market: Market, day: int, length: int, penalty: float) -> Floats:
    """Ridge regression of all hours on all regressors (24,)."""
    window = Window.of(market, day, length)
    return window.prices(ridge(window.regressors, window.outcomes, window.at, penalty))


@dataclass(frozen=True)
class Window:
    """Days before the one to forecast as regressions see them: asinh of robustly standardised series.

    `regressors` (days, k), `outcomes` (days, 24), `at` (k,): the regressors of the day to forecast.
    """

    regressors: Floats
    outcomes: Floats
    at: Floats
    centre: Floats
    scale: Floats

    @classmethod
    def of(cls, market: Market, day: int, length: int) -> Window:
        """That many days before a day of the market; nothing of its prices enters."""
        if day >= market.days:
            raise ValueError(f"day {day} is not in the market, which has {market.days}")
        series = market.series[day - length - LONGEST_LAG_DAYS : day + 1]
        centre, scale = robust_scale(series[LONGEST_LAG_DAYS:-1])
        known = np.arcsinh((series - centre) / scale)
        known[-1, :HOURS] = 0.0  # not known: what stands there must not matter
        regressors = _regressors(known, market.weekday[day - length : day + 1])
        outcomes = known[LONGEST_LAG_DAYS:-1, :HOURS]
        return cls(regressors[:-1], outcomes, regressors[-1], centre[:HOURS], scale[:HOURS])

    def prices(self, forecast: Floats) -> Floats:
        """A forecast of the outcomes, back on the scale of prices."""
        return np.asarray(np.sinh(forecast) * self.scale + self.centre)


def robust_scale(series: Floats) -> tuple[Floats, Floats]:
    """Median and scaled median absolute deviation of each column; 1 where most values are the same."""
    centre = np.median(series, axis=0)
    scale = MAD_TO_DEVIATION * np.median(np.abs(series - centre), axis=0)
    return centre, np.where(scale > 1e-9, scale, 1.0)


def _regressors(known: Floats, weekday: Integers) -> Floats:
    """One row per day from the eighth of `known` on: lagged prices, published series and weekday."""
    n = len(known) - LONGEST_LAG_DAYS
    prices, published = known[:, :HOURS], known[:, HOURS:]
    lagged = [prices[LONGEST_LAG_DAYS - lag :][:n] for lag in PRICE_LAGS_DAYS]
    lagged += [published[LONGEST_LAG_DAYS - lag :][:n] for lag in PUBLISHED_LAGS_DAYS]
    return np.hstack([*lagged, WEEKDAYS[weekday]])


def ridge(regressors: Floats, outcomes: Floats, at: Floats, penalty: float) -> Floats:
    """Least squares with a penalty on all but the intercept, evaluated at one row; by the smaller Gram matrix."""
    centre, mean = regressors.mean(axis=0), outcomes.mean(axis=0)
    x, y, at = regressors - centre, outcomes - mean, at - centre
    n, k = x.shape
    if n < k:
        return np.asarray(mean + (at @ x.T) @ np.linalg.solve(x @ x.T + penalty * np.eye(n), y))
    return np.asarray(mean + at @ np.linalg.solve(x.T @ x + penalty * np.eye(k), x.T @ y))
