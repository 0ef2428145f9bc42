"""What is known of other series for each step: weather forecasts, a provider's own forecast, other meters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from flex_pipeline.forecasting.wall_clock import Integers, WallClock

LEAD = "lead_days"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Published:
    """k series over the steps from `first`, a local midnight, on: (leads, whole days, k), NaN where there is none.

    What is known of a step changes until it is there: place i holds what was known by the origin that first did not
    know the day i days before it. Longer leads than there are read the last place.
    """

    clock: WallClock
    first: int
    values: Floats

    @classmethod
    def read(cls, frame: pl.DataFrame, clock: WallClock, since: datetime) -> Published:
        """All columns but event_start (UTC) and value; of steps stated twice the later row counts.

        A column `lead_days` says of which lead a row is; without it, what stands there was known all along.
        """
        columns = [name for name in frame.columns if name not in ("event_start", "value", LEAD)]
        kept = frame.filter(pl.col("event_start") >= since) if columns else frame.clear()
        if kept.is_empty():
            return cls(clock, 0, np.empty((1, 0, len(columns))))
        lead = kept[LEAD].to_numpy() if LEAD in kept.columns else np.zeros(kept.height, dtype=np.int64)
        starts = kept["event_start"].dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        step = clock.steps(starts.to_numpy())
        first = int(step.min()) // clock.per_day * clock.per_day
        days = (int(step.max()) - first) // clock.per_day + 1
        values = np.full((int(lead.max()) + 1, days * clock.per_day, len(columns)), np.nan)
        values[lead, step - first] = kept.select(pl.col(columns).cast(pl.Float64)).to_numpy()
        return cls(clock, first, values)

    def around(self, step: Integers, lead_days: Integers) -> Floats:
        """Of each series: at the step, an hour before, an hour after, mean of the local day; (steps, 4 k)."""
        hour, per_day = self.clock.per_hour, self.clock.per_day
        place = step - self.first
        of_day = _at(self._day_means, place // per_day, lead_days)
        # an hour after the last of a day is of the next, of which less was known
        near = [
            _at(self.values, beside, lead_days + beside // per_day - place // per_day)
            for beside in (place, place - hour, place + hour)
        ]
        return np.hstack([*near, of_day])

    def at(self, step: Integers, lead_days: Integers) -> Floats:
        """Each series at a step (steps, k)."""
        return _at(self.values, step - self.first, lead_days)

    @cached_property
    def _day_means(self) -> Floats:
        leads, _, k = self.values.shape
        by_day = self.values.reshape(leads, -1, self.clock.per_day, k)
        n = np.isfinite(by_day).sum(axis=2)
        return np.where(n > 0, np.nansum(by_day, axis=2) / np.maximum(n, 1), np.nan)


def _at(values: Floats, place: Integers, lead: Integers) -> Floats:
    inside = (place >= 0) & (place < values.shape[1])
    if not inside.any():
        return np.full((len(place), values.shape[2]), np.nan)
    found = values[np.clip(lead, 0, len(values) - 1), np.where(inside, place, 0)]
    return np.where(inside[:, None], found, np.nan)
