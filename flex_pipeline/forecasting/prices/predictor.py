"""Prices behind the ladder: hourly auctions from a history, days beyond the next one by one, any resolution."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from flex_pipeline.forecasting.conformal import outer_levels
from flex_pipeline.forecasting.history import Floats, History, Rows
from flex_pipeline.forecasting.origins import Outcomes
from flex_pipeline.forecasting.prices.correction import Correction
from flex_pipeline.forecasting.prices.gaps import filled
from flex_pipeline.forecasting.prices.lars import choose
from flex_pipeline.forecasting.prices.lear import lear
from flex_pipeline.forecasting.prices.market import HOURS, Market
from flex_pipeline.forecasting.prices.published_days import PublishedDays
from flex_pipeline.forecasting.prices.rolling import learn, members
from flex_pipeline.forecasting.wall_clock import Integers

SHAPE_DAYS = 28  # prices within an hour keep their pattern for weeks
THURSDAY = 3  # 1970-01-01, the day that steps are counted from


@dataclass(frozen=True)
class AuctionPrices:
    """LEAR of every day that is not known yet, its correction, and the spread of its past errors by lead.

    `chosen` (windows, 24, regressors): what LARS chose for LEAR.
    `informed`: with what is published, where it is; a day of which it is not yet gets LEAR without, uncorrected.
    """

    chosen: Integers
    correction: Correction | None
    spread: tuple[tuple[float, ...], ...] = ((0.0, 0.0, 0.0),)  # by lead in days, from 0
    informed: bool = False

    @property
    def name(self) -> str:
        """What users know the forecast by."""
        regressors = " with regressors" if self.informed else ""
        return f"LEAR + gradient boosting{regressors}" if self.correction else f"LEAR{regressors}"

    def quantiles(self, history: History, rows: Rows) -> Floats:
        """The point and the quantiles of its errors around it (rows, 3)."""
        lead = np.minimum(rows.lead_days(history.clock), len(self.spread) - 1)
        return np.asarray(self.point(history, rows)[:, None] + np.array(self.spread)[lead])

    def point(self, history: History, rows: Rows) -> Floats:
        """One price per row, from what was known before the day that its bound lies in (rows,)."""
        clock = history.clock
        first_unknown = rows.bound // clock.per_day
        point = np.empty(len(rows.step))
        for day in np.unique(first_unknown):
            here = first_unknown == day
            step = rows.step[here]
            ahead = int(step.max()) // clock.per_day - int(day) + 1
            hourly, within_hour = self._days_ahead(history, int(day), ahead)
            slot = step % clock.per_day
            point[here] = hourly[step // clock.per_day - day, slot // clock.per_hour] + within_hour[slot]
        return point

    def _days_ahead(self, history: History, day: int, ahead: int) -> tuple[Floats, Floats]:
        """Hourly prices from a day on (ahead, 24), each day as if those before it came out as forecast."""
        past, within_hour = hourly_market(history, day)
        n = past.days
        told = PublishedDays.read(history, day - n, n, ahead) if self.informed else None
        weekday = (day - n + np.arange(n + ahead) + THURSDAY) % 7
        prices = np.vstack([past.prices, np.zeros((ahead, HOURS))])
        market = Market(prices, np.empty((n + ahead, HOURS, 0)), weekday)
        for unknown in range(n, n + ahead):
            market = market.with_prices(unknown, self._of_day(market, unknown, told))
        return market.prices[n:], within_hour

    def _of_day(self, market: Market, day: int, told: PublishedDays | None) -> Floats:
        """Prices of a day of the market (24,)."""
        if told is not None and told.complete[day]:
            market, day = told.within(market), day - told.begin
        elif self.informed:
            return np.asarray(lear(market, day).mean(axis=0))
        said = members(market, day, self.chosen)[None]
        point = said.mean(axis=1)
        if self.correction:
            point = point + self.correction.of(market, np.array([day]), said)
        return np.asarray(point[0])

    def fitted(self, history: History, outcomes: Outcomes) -> AuctionPrices:
        """With the spread of the errors of past origins, by lead; the median stays the point."""
        if not len(outcomes.values):
            return self
        errors = outcomes.values - self.point(history, outcomes.rows)
        lead = outcomes.rows.lead_days(history.clock)
        day = outcomes.rows.step // history.clock.per_day
        by_lead = ((errors[lead == ahead], day[lead == ahead]) for ahead in np.unique(lead))
        spread = (np.quantile(of_lead, outer_levels(len(np.unique(days)))) for of_lead, days in by_lead)
        return replace(
            self, spread=tuple((min(float(q[0]), 0.0), 0.0, max(float(q[1]), 0.0)) for q in spread)
        )


def train_auction_prices(history: History, day: int) -> AuctionPrices:
    """From the days before `day`, counted from 1970."""
    market, _ = hourly_market(history, day)
    told = PublishedDays.read(history, day - market.days, market.days, 0)
    if told is not None:
        market = told.within(market)
    chosen = choose(market.with_next_day(), market.days)
    return AuctionPrices(chosen, learn(market, market.days), informed=told is not None)


def hourly_market(history: History, day: int) -> tuple[Market, Floats]:
    """The market of the days before `day`, and what each step of a day is above the price of its hour.

    A gap takes the price of the day before: the hour that a spring day lacks, and what was never read.
    """
    clock = history.clock
    first = history.first // clock.per_day
    known = history.values[: max(day - first, 0) * clock.per_day].reshape(-1, clock.per_day)
    if first + len(known) < day:  # days of which nothing was read
        known = np.vstack([known, np.full((day - first - len(known), clock.per_day), np.nan)])
    whole = filled(known)
    hourly = whole.reshape(-1, HOURS, clock.per_hour).mean(axis=2)
    above = whole - np.repeat(hourly, clock.per_hour, axis=1)
    weekday = (first + np.arange(len(whole)) + THURSDAY) % 7
    market = Market(hourly, np.empty((len(whole), HOURS, 0)), weekday)
    return market, above[-SHAPE_DAYS:].mean(axis=0)
