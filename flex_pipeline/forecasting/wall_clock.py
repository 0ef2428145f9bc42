"""The local clock, on which the same hour of another day is a whole number of days away.

Steps are counted from 1970-01-01T00:00 local time. Nobody measures the hour that a spring day lacks;
the hour that an autumn day has twice counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Instants = NDArray[np.datetime64]

MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class WallClock:
    """Steps of `resolution` in the time zone of that name."""

    timezone: str
    resolution: timedelta

    @property
    def per_hour(self) -> int:
        """Steps of an hour."""
        return HOUR // self.resolution

    @property
    def per_day(self) -> int:
        """Steps of a day on which the clock does not change."""
        return 24 * self.per_hour

    def steps(self, starts: Instants) -> Integers:
        """The steps that UTC times lie in."""
        utc = pl.Series(starts.astype("datetime64[us]")).dt.replace_time_zone("UTC")
        local = utc.dt.convert_time_zone(self.timezone).dt.replace_time_zone(None).to_physical()
        return local.to_numpy() // (self.resolution // MICROSECOND)

    def starts(self, steps: Integers) -> Instants:
        """The UTC times at which steps start: the earlier of two, not a time for a step that is skipped."""
        local = pl.Series((steps * (self.resolution // MICROSECOND)).astype("datetime64[us]"))
        aware = local.dt.replace_time_zone(self.timezone, ambiguous="earliest", non_existent="null")
        return aware.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy()

    def bound(self, end: datetime) -> int:
        """The step after the last one that starts before an instant."""
        last = np.datetime64((end.astimezone(UTC) - MICROSECOND).replace(tzinfo=None), "us")
        return int(self.steps(np.array([last]))[0]) + 1
