"""A day-ahead market: one auction a day sets the prices of all 24 hours of the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.wall_clock import Integers

HOURS = 24


@dataclass(frozen=True)
class Market:
    """n consecutive local days, each of 24 hours.

    `prices` (n, 24) in any currency per energy. `published` (n, 24, k): k series that are known before the
    auction of their day, such as forecasts of load, wind and sun; k may be 0. `weekday` (n,): 0 is Monday.
    ValueError when the shapes differ or a number is missing; the prices of days that nobody knows yet are 0.
    """

    prices: Floats
    published: Floats
    weekday: Integers

    def __post_init__(self) -> None:
        n = len(self.prices)
        if (
            self.prices.shape != (n, HOURS)
            or self.published.shape[:2] != (n, HOURS)
            or len(self.weekday) != n
        ):
            raise ValueError(
                f"prices {self.prices.shape}, published {self.published.shape} and weekday "
                f"{self.weekday.shape} must be (n, 24), (n, 24, k) and (n,)"
            )
        if not (np.isfinite(self.prices).all() and np.isfinite(self.published).all()):
            raise ValueError("a market has a price and all published values for every hour; fill gaps before")

    @property
    def days(self) -> int:
        """How many days there are."""
        return len(self.prices)

    @cached_property
    def series(self) -> Floats:
        """One column per hour of each series, the prices first: (n, 24 (1 + k))."""
        published = self.published.transpose(0, 2, 1).reshape(self.days, -1)
        return np.hstack([self.prices, published])

    def with_prices(self, day: int, prices: Floats) -> Market:
        """The market in which a day turned out as forecast."""
        changed = self.prices.copy()
        changed[day] = prices
        return replace(self, prices=changed)

    def with_next_day(self) -> Market:
        """The market and one day more, of which nothing is known yet: zeros."""
        published = np.concatenate([self.published, np.zeros_like(self.published[:1])])
        weekday = np.append(self.weekday, (self.weekday[-1] + 1) % 7)
        return Market(np.vstack([self.prices, np.zeros(HOURS)]), published, weekday)
