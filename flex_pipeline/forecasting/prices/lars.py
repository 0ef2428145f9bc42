"""LARS: what each hour follows, chosen among LEAR's regressors by the corrected Akaike criterion (AICc).

Choosing takes a hundred times as long as a ridge regression, so what was chosen holds for weeks; a ridge regression of
each hour on it is fitted anew every day.
"""

from __future__ import annotations

import warnings

import numpy as np

from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.prices.lear import LONGEST_LAG_DAYS, Window
from flex_pipeline.forecasting.prices.market import HOURS, Market
from flex_pipeline.forecasting.wall_clock import Integers

# benchmarks/price_settings.py chose them on the year before the published test period
WINDOWS_DAYS = (84, 1092)
PENALTY = 10.0
MOST_STEPS = 100  # of a path: three years ask for 60 regressors, twelve weeks for 15


def choose(market: Market, day: int) -> Integers:
    """1 for what each hour follows by the days before a day of the market: (windows, 24, regressors)."""
    return np.array([_chosen(_window(market, day, length)) for length in WINDOWS_DAYS])


def lars(market: Market, day: int, chosen: Integers) -> Floats:
    """Prices of a day by ridge regressions on what was chosen, from windows that end the day before: (windows, 24)."""
    return np.array(
        [
            _by_hour(_window(market, day, length), of_window)
            for length, of_window in zip(WINDOWS_DAYS, chosen, strict=True)
        ]
    )


def _window(market: Market, day: int, length: int) -> Window:
    return Window.of(market, day, min(length, day - LONGEST_LAG_DAYS))


def _by_hour(window: Window, chosen: Integers) -> Floats:
    """Prices by ridge regression of each hour on its own regressors, out of one Gram matrix (24,)."""
    centre, mean = window.regressors.mean(axis=0), window.outcomes.mean(axis=0)
    x, at = window.regressors - centre, window.at - centre
    gram, fits = x.T @ x + PENALTY * np.eye(x.shape[1]), x.T @ (window.outcomes - mean)
    forecast = mean.copy()
    for hour, columns in enumerate(map(np.flatnonzero, chosen)):
        forecast[hour] += at[columns] @ np.linalg.solve(gram[np.ix_(columns, columns)], fits[columns, hour])
    return window.prices(forecast)


def _chosen(window: Window) -> Integers:
    """The regressors with the lowest AICc on the path of each hour; the 24 share a Gram matrix."""
    x, y = (series - series.mean(axis=0) for series in (window.regressors, window.outcomes))
    gram, fits = x.T @ x, x.T @ y
    chosen = np.zeros((HOURS, x.shape[1]), dtype=np.int64)
    for hour in range(HOURS):
        path = _path(gram, fits[:, hour], len(x))
        left = (y[:, hour] ** 2).sum() - 2 * path.T @ fits[:, hour] + np.einsum("ij,ij->j", path, gram @ path)
        chosen[hour] = path[:, np.argmin(aicc(left, np.count_nonzero(path, axis=0), len(x)))] != 0
    return chosen


def _path(gram: Floats, fits: Floats, n: int) -> Floats:
    """Coefficients of n centred rows along the path, from none on (regressors, steps)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import lars_path_gram

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of two equal regressors, one is left out
        steps = min(MOST_STEPS, n - 3)
        path = lars_path_gram(fits.copy(), gram.copy(), n_samples=n, max_iter=steps, method="lasso")[2]
    return np.asarray(path)


def aicc(squares: Floats, regressors: Integers, n: int) -> Floats:
    """Of models that leave a sum of squares of n outcomes; infinite for those with too many regressors for it."""
    k = regressors.astype(float)
    room = np.maximum(n - k - 1, 1e-9)
    least = max(np.finfo(float).eps * float(squares.max()), np.finfo(float).tiny)
    value = n * np.log(np.maximum(squares, least) / n) + 2 * k + 2 * k * (k + 1) / room
    return np.where(k < n - 2, value, np.inf)
