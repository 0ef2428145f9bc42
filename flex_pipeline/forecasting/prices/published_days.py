"""What is published of each day of a market before its auction: forecasts of load, wind and sun."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.forecasting.history import Floats, History
from flex_pipeline.forecasting.prices.gaps import filled
from flex_pipeline.forecasting.prices.market import HOURS, Market

FEWEST_DAYS = 182  # of which all is published: regressions on fewer do better without


@dataclass(frozen=True)
class PublishedDays:
    """Of n days (n, 24, k), gaps filled in; `complete` (n,): where there was none. None is from before `begin`."""

    begin: int
    values: Floats
    complete: NDArray[np.bool_]

    @classmethod
    def read(cls, history: History, first: int, past: int, ahead: int) -> PublishedDays | None:
        """Of the `past` days from `first` (counted from 1970) on, which an auction has set, and those ahead.

        None while there are too few to learn from.
        """
        if history.published is None:
            return None
        clock, days = history.clock, past + ahead
        step = first * clock.per_day + np.arange(days * clock.per_day)
        lead = np.repeat(np.maximum(np.arange(days) - past, 0), clock.per_day)
        hourly = history.published.at(step, lead).reshape(days, HOURS, clock.per_hour, -1).mean(axis=2)
        complete = np.isfinite(hourly).all(axis=(1, 2))
        if complete[:past].sum() < FEWEST_DAYS:
            return None
        series = [filled(hourly[:, :, i]) for i in range(hourly.shape[2])]
        return cls(int(np.argmax(complete)), np.stack(series, axis=2), complete)

    def within(self, market: Market) -> Market:
        """The market with these series, from the day on from which there are any."""
        since = slice(self.begin, market.days)
        return Market(market.prices[since], self.values[since], market.weekday[since])
