"""Forecasts without training: a known value again, or what the same hour of the latest days was like."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from flex_pipeline.forecasting.history import Floats, History, Rows
from flex_pipeline.forecasting.origins import Outcomes
from flex_pipeline.forecasting.scores import QUANTILES

SAME_HOUR_DAYS = 28


class Predictor(Protocol):
    """Quantiles of rows from what each row may know."""

    @property
    def name(self) -> str:
        """What users know the forecast by."""
        ...

    def quantiles(self, history: History, rows: Rows) -> Floats:
        """Shape (rows, 3), not necessarily sorted."""
        ...


@dataclass(frozen=True)
class Repeat:
    """A known value again, with the spread of its past errors around it."""

    name: str
    spread: tuple[float, ...] = (0.0, 0.0, 0.0)

    def point(self, history: History, rows: Rows) -> Floats:
        """The value that is repeated (rows,)."""
        return history.latest(rows)

    def quantiles(self, history: History, rows: Rows) -> Floats:
        """The value, plus the quantiles of the errors."""
        return np.asarray(self.point(history, rows)[:, None] + np.array(self.spread))

    def fitted(self, history: History, outcomes: Outcomes) -> Self:
        """With the spread of the errors of past origins; the median stays the repeated value."""
        if not len(outcomes.values):
            return self
        errors = outcomes.values - self.point(history, outcomes.rows)
        low, high = np.quantile(errors, [QUANTILES[0], QUANTILES[-1]])
        return replace(self, spread=(min(float(low), 0.0), 0.0, max(float(high), 0.0)))


@dataclass(frozen=True)
class LastValue(Repeat):
    """The last value, flat."""

    name: str = "last value"


@dataclass(frozen=True)
class DayAgo(Repeat):
    """The same hour of the latest day on which it is known."""

    name: str = "seasonal-naive d-1"

    def point(self, history: History, rows: Rows) -> Floats:
        """The latest same hour; where none was ever measured, the last value."""
        return _or(history.same_hour(rows, 1)[:, 0], history.latest(rows))


@dataclass(frozen=True)
class WeekAgo(DayAgo):
    """The same hour of the same weekday."""

    name: str = "seasonal-naive d-7"

    def point(self, history: History, rows: Rows) -> Floats:
        """A week ago; in a gap two, three or four weeks ago, then the latest same hour."""
        point = history.weeks_ago(rows)
        for weeks in (2, 3, 4):
            point = _or(point, history.weeks_ago(rows, weeks))
        return _or(point, super().point(history, rows))


@dataclass(frozen=True)
class Plan:
    """The plan of a week ago, step by step: where it asked for nothing, nothing is expected."""

    name: str = "seasonal-naive d-7"

    def quantiles(self, history: History, rows: Rows) -> Floats:
        """The same value, or NaN, for all quantiles; of the day before while there is no week of plans."""
        a_week = len(history.values) >= 7 * history.clock.per_day
        if a_week:
            point = history.weeks_ago(rows)
        else:
            days = (rows.step - rows.bound) // history.clock.per_day + 1
            point = history.at(rows.step - days * history.clock.per_day)
        return np.repeat(point[:, None], len(QUANTILES), axis=1)


@dataclass(frozen=True)
class SameHour:
    """Quantiles of the same hour of the latest days on which it was measured."""

    name: str = f"same-hour quantiles {SAME_HOUR_DAYS} d"

    def quantiles(self, history: History, rows: Rows) -> Floats:
        """Empirical quantiles; where the hour was never measured, the last value."""
        values = np.sort(history.same_hour(rows, SAME_HOUR_DAYS), axis=1)  # NaN last
        return _or(quantiles_of_sorted(values), history.latest(rows)[:, None])


def quantiles_of_sorted(values: Floats) -> Floats:
    """Linearly interpolated quantiles of rows of sorted values, NaN last; NaN for a row without values."""
    n = np.isfinite(values).sum(axis=1)[:, None]
    place = np.array(QUANTILES) * np.maximum(n - 1, 0)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(n - 1, 0))
    low, high = (np.take_along_axis(values, at, axis=1) for at in (below, above))
    return np.asarray(low + (place - below) * (high - low))


def _or(preferred: Floats, otherwise: Floats) -> Floats:
    return np.where(np.isnan(preferred), otherwise, preferred)
