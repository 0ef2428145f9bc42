"""History: what was measured, by step of the local clock, and views of it that never reach past a bound."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from flex_pipeline.forecasting.published import Published
from flex_pipeline.forecasting.wall_clock import Instants, Integers, WallClock

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """What to forecast: n steps, their starts in UTC, and for each the first step that is not known yet."""

    starts: Instants
    step: Integers
    bound: Integers

    @classmethod
    def ahead(cls, clock: WallClock, starts: Instants, bound: int) -> Rows:
        """Steps seen from one origin. A step that is known already is forecast as if it were not."""
        step = clock.steps(starts)
        return cls(starts, step, np.minimum(bound, step))

    def lead_days(self, clock: WallClock) -> Integers:
        """How many days after the one that is the first not to be known in full (n,)."""
        return np.asarray(self.step // clock.per_day - self.bound // clock.per_day)

    def where(self, chosen: NDArray[np.bool_]) -> Rows:
        """Some of the rows."""
        return Rows(self.starts[chosen], self.step[chosen], self.bound[chosen])


@dataclass(frozen=True)
class History:
    """Values of the steps from `first`, a local midnight, on: whole days, NaN where nothing was measured."""

    clock: WallClock
    first: int
    values: Floats
    published: Published | None = None

    @classmethod
    def read(
        cls,
        frame: pl.DataFrame,
        clock: WallClock,
        since: datetime,
        before: datetime,
        published: pl.DataFrame | None = None,
    ) -> History:
        """Rows of event_start (UTC) and value within [since, before); steps stated twice are averaged.

        Further columns, else those of `published`, are what was known ahead for a step, and are read after `before`
        too.
        """
        further = frame if frame.width > 2 else published
        ahead = None if further is None else Published.read(further, clock, since)
        past = frame.select("event_start", pl.col("value").cast(pl.Float64).fill_nan(None)).filter(
            pl.col("event_start") >= since, pl.col("event_start") < before
        )
        if past.is_empty():
            return cls(clock, 0, np.empty(0), ahead)
        starts = past["event_start"].dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        by_step = (
            pl.DataFrame({"step": clock.steps(starts.to_numpy()), "value": past["value"]})
            .group_by("step")
            .agg(pl.col("value").mean())
        )
        step = by_step["step"].to_numpy()
        first = int(step.min()) // clock.per_day * clock.per_day
        days = (int(step.max()) - first) // clock.per_day + 1
        values = np.full(days * clock.per_day, np.nan)
        values[step - first] = by_step["value"].to_numpy()
        return cls(clock, first, values, ahead)

    @property
    def days(self) -> float:
        """How many days the measured steps would fill."""
        return float(np.isfinite(self.values).sum() / self.clock.per_day)

    @property
    def measured(self) -> Integers:
        """The steps with a value."""
        return np.asarray(self.first + np.flatnonzero(np.isfinite(self.values)))

    def at(self, step: Integers) -> Floats:
        """The values of steps, NaN outside of the history."""
        place = step - self.first
        inside = (place >= 0) & (place < len(self.values))
        return np.where(inside, np.append(self.values, np.nan)[np.where(inside, place, -1)], np.nan)

    def weeks_ago(self, rows: Rows, weeks: int = 1) -> Floats:
        """The value of the same hour and weekday, by that many weeks before the first that is not known."""
        week = 7 * self.clock.per_day
        ago = (rows.step - rows.bound) // week + weeks
        return self.at(rows.step - ago * week)

    def same_hour(self, rows: Rows, n: int) -> Floats:
        """The latest n known values of the same hour, newest first; (rows, n), NaN where there are fewer."""
        known = self._counts[self._known_days(rows), rows.step % self.clock.per_day]
        place = known[:, None] - 1 - np.arange(n)
        values = self._packed[np.maximum(place, 0), (rows.step % self.clock.per_day)[:, None]]
        return np.where(place >= 0, values, np.nan)

    def latest(self, rows: Rows) -> Floats:
        """The last known value of each row, NaN where there is none."""
        before = self._place(rows)
        place = np.maximum.accumulate(np.where(np.isfinite(self.values), np.arange(len(self.values)), -1))
        last = np.append(-1, place)[before]
        return np.where(last >= 0, np.append(self.values, np.nan)[last], np.nan)

    def mean(self, rows: Rows, hours: int) -> Floats:
        """The mean of what was measured in the last hours before each bound."""
        after = self._place(rows)
        before = np.maximum(after - hours * self.clock.per_hour, 0)
        n = self._valid[after] - self._valid[before]
        return np.where(n > 0, (self._sums[after] - self._sums[before]) / np.maximum(n, 1), np.nan)

    def _place(self, rows: Rows) -> Integers:
        return np.asarray(np.clip(rows.bound - self.first, 0, len(self.values)))

    def _known_days(self, rows: Rows) -> Integers:
        """How many days of the history hold the hour of the row before its bound."""
        slot = rows.step % self.clock.per_day
        days = -((self.first + slot - rows.bound) // self.clock.per_day)
        return np.asarray(np.clip(days, 0, len(self.values) // self.clock.per_day))

    @cached_property
    def _by_day(self) -> Floats:
        # a day without values, so that an empty history has somewhere to point
        return np.append(self.values, np.full(self.clock.per_day, np.nan)).reshape(-1, self.clock.per_day)

    @cached_property
    def _counts(self) -> Integers:
        counts = np.cumsum(np.isfinite(self._by_day), axis=0)
        return np.vstack([np.zeros((1, self.clock.per_day), dtype=np.int64), counts])

    @cached_property
    def _packed(self) -> Floats:
        """By hour of the day, the measured values alone in their order."""
        measured_first = np.argsort(~np.isfinite(self._by_day), axis=0, kind="stable")
        return np.take_along_axis(self._by_day, measured_first, axis=0)

    @cached_property
    def _valid(self) -> Integers:
        return np.append(0, np.cumsum(np.isfinite(self.values)))

    @cached_property
    def _sums(self) -> Floats:
        return np.append(0.0, np.cumsum(np.nan_to_num(self.values)))
