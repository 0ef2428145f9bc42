"""What is published ahead for each step: weather forecasts, a provider's own forecast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from flex_pipeline.forecasting.wall_clock import Integers, WallClock

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Published:
    """k series over the steps from `first`, a local midnight, on: (whole days, k), NaN where there is none."""

    clock: WallClock
    first: int
    values: Floats

    @classmethod
    def read(cls, frame: pl.DataFrame, clock: WallClock, since: datetime) -> Published:
        """All columns but event_start (UTC) and value; of steps stated twice the later row counts."""
        columns = [name for name in frame.columns if name not in ("event_start", "value")]
        kept = frame.filter(pl.col("event_start") >= since) if columns else frame.clear()
        if kept.is_empty():
            return cls(clock, 0, np.empty((0, len(columns))))
        starts = kept["event_start"].dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        step = clock.steps(starts.to_numpy())
        first = int(step.min()) // clock.per_day * clock.per_day
        days = (int(step.max()) - first) // clock.per_day + 1
        values = np.full((days * clock.per_day, len(columns)), np.nan)
        values[step - first] = kept.select(pl.col(columns).cast(pl.Float64)).to_numpy()
        return cls(clock, first, values)

    def around(self, step: Integers) -> Floats:
        """Of each series: at the step, an hour before, an hour after, mean of the local day; (steps, 4 k)."""
        hour, day = self.clock.per_hour, self.clock.per_day
        of_day = _at(self._day_means, (step - self.first) // day)
        return np.hstack([*(_at(self.values, step - self.first + part) for part in (0, -hour, hour)), of_day])

    @cached_property
    def _day_means(self) -> Floats:
        by_day = self.values.reshape(-1, self.clock.per_day, self.values.shape[1])
        n = np.isfinite(by_day).sum(axis=1)
        return np.where(n > 0, np.nansum(by_day, axis=1) / np.maximum(n, 1), np.nan)


def _at(values: Floats, place: Integers) -> Floats:
    inside = (place >= 0) & (place < len(values))
    padded = np.vstack([values, np.full((1, values.shape[1]), np.nan)])
    return np.asarray(padded[np.where(inside, place, -1)])
