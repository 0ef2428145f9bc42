"""Gradient boosting of what LEAR gets wrong: where prices bend with load, wind and sun.

Trees cannot go beyond the prices they have seen, so they learn LEAR's errors, from inputs stated relative to
its forecast: a market that moves to another level keeps what was learnt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.prices.market import HOURS, Market
from flex_pipeline.forecasting.wall_clock import Integers

# benchmarks/price_settings.py compares them on the year before the published test period
TREES = {
    "loss": "absolute_error",
    "max_iter": 200,
    "learning_rate": 0.06,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 40,
    "max_features": 0.5,
    "l2_regularization": 1.0,
    "early_stopping": False,
}
SEEDS = (0, 1)  # the mean of two is steadier
WINDOW_DAYS = 1092


@dataclass(frozen=True)
class Correction:
    """Trained models whose mean is what to add to LEAR."""

    models: tuple[Any, ...]

    def of(self, market: Market, days: Integers, members: Floats) -> Floats:
        """What to add to the mean of LEAR's windows (days, windows, 24): (days, 24)."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):  # a day is too small to share
            known = features(market, days, members)
            return np.asarray(
                np.mean([model.predict(known) for model in self.models], axis=0).reshape(-1, HOURS)
            )


def train_correction(
    market: Market, days: Integers, members: Floats, trees: Mapping[str, Any] = TREES
) -> Correction:
    """From LEAR's forecasts (days, windows, 24) of past days, each made before its day."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    recent = slice(-WINDOW_DAYS, None)
    days, members = days[recent], members[recent]
    errors = (market.prices[days] - members.mean(axis=1)).ravel()
    known = features(market, days, members)
    with threadpool_limits(1):  # beside other processes, waiting for threads costs ten times the work
        models = (HistGradientBoostingRegressor(**trees, random_state=seed) for seed in SEEDS)
        return Correction(tuple(model.fit(known, errors) for model in models))


def features(market: Market, days: Integers, members: Floats) -> Floats:
    """One row per day and hour; prices relative to LEAR's. Prices of the days themselves do not enter."""
    columns = [*_calendar(market, days), *_prices(market, days, members), *_published(market, days)]
    return np.stack([np.broadcast_to(column, (len(days), HOURS)) for column in columns], axis=-1).reshape(
        -1, len(columns)
    )


def _calendar(market: Market, days: Integers) -> Iterable[Floats]:
    yield np.arange(HOURS, dtype=float)
    yield market.weekday[days, None].astype(float)


def _prices(market: Market, days: Integers, members: Floats) -> Iterable[Floats]:
    """The same hour of other days, the hours around it, the day before as a whole, and the windows' spread."""
    lear = members.mean(axis=1)
    week = np.stack([market.prices[days - lag] for lag in range(1, 8)])
    yesterday, level = week[0], week.mean(axis=(0, 2))[:, None]
    whole_day = (f(yesterday, axis=1)[:, None] for f in (np.mean, np.min, np.max))
    same_hour = [week[0], week[1], week[2], week[6], week.mean(axis=0)]
    around = [*_neighbours(yesterday), *whole_day, yesterday[:, -1:], week[6].mean(axis=1)[:, None], level]
    for price in (*same_hour, *around):
        yield price - lear
    for i in range(members.shape[1]):
        yield members[:, i] - lear


def _published(market: Market, days: Integers) -> Iterable[Floats]:
    """Each series at its hour, around it, over the day, and against the day and the week before."""
    for i in range(market.published.shape[2]):
        series = market.published[:, :, i]
        today = series[days]
        mean = today.mean(axis=1)[:, None]
        yield from (today, *_neighbours(today), today - series[days - 1], today - series[days - 7])
        yield from (mean, today.min(axis=1)[:, None], today.max(axis=1)[:, None])
        yield mean - series[days - 1].mean(axis=1)[:, None]


def _neighbours(day: Floats) -> tuple[Floats, Floats]:
    """The hour before and the hour after, within the day."""
    hour = np.arange(HOURS)
    return day[:, np.maximum(hour - 1, 0)], day[:, np.minimum(hour + 1, HOURS - 1)]
