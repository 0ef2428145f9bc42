"""Consecutive local days in quarter-hours: what every simulation is computed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
STEP = timedelta(minutes=15)


@dataclass(frozen=True)
class LocalDays:
    """Whole local days from `first` to `last`; days of 23 and 25 hours have 92 and 100 steps."""

    zone: str
    first: date
    last: date

    @cached_property
    def days(self) -> list[date]:
        """The dates, in order."""
        return [self.first + timedelta(days=k) for k in range((self.last - self.first).days + 1)]

    @cached_property
    def starts(self) -> list[datetime]:
        """The start of each step, UTC."""
        begin, end = (_midnight(day, self.zone) for day in (self.first, self.last + timedelta(days=1)))
        return [begin + k * STEP for k in range((end - begin) // STEP)]

    @cached_property
    def _local(self) -> list[datetime]:
        zone = ZoneInfo(self.zone)
        return [start.astimezone(zone) for start in self.starts]

    @cached_property
    def hour(self) -> Array:
        """The clock on the wall at the start of each step [h], 0 to 23.75."""
        return np.array([local.hour + local.minute / 60 for local in self._local])

    @cached_property
    def day_of_step(self) -> NDArray[np.int64]:
        """The position in `days` of each step's day."""
        return np.array([local.toordinal() - self.first.toordinal() for local in self._local])

    @cached_property
    def year_angle(self) -> Array:
        """The time of year of each step's day [rad], 0 on 1 January."""
        angle = np.array([2 * np.pi * (day.timetuple().tm_yday - 1) / 365.25 for day in self.days])
        return self.per_day(angle)

    @cached_property
    def steps_per_day(self) -> list[int]:
        """The number of steps of each day."""
        return [int(count) for count in np.bincount(self.day_of_step)]

    @cached_property
    def slices(self) -> list[slice]:
        """The steps of each day."""
        ends = np.cumsum(self.steps_per_day)
        return [slice(int(end) - n, int(end)) for end, n in zip(ends, self.steps_per_day, strict=True)]

    def per_day(self, of_days: Array) -> Array:
        """One value per day, repeated for the steps of the day."""
        return of_days[self.day_of_step]

    def each(self, of_day: Callable[[date, int], Array]) -> Array:
        """The steps of all days, from a function of the day and its number of steps."""
        return np.concatenate([of_day(day, n) for day, n in zip(self.days, self.steps_per_day, strict=True)])

    def drifting(self, of_day: Callable[[date], float]) -> Array:
        """A value stated for the noon of each day, in a straight line between noons: no jump at midnight."""
        around = [self.first - timedelta(days=1), *self.days, self.last + timedelta(days=1)]
        return np.interp(
            self.day_of_step + self.hour / 24, np.arange(len(around)) - 0.5, [of_day(day) for day in around]
        )


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=64)
def local_days(zone: str, first: date, last: date) -> LocalDays:
    """The days from `first` to `last`, their clock computed once for all the series that ask for them."""
    return LocalDays(zone, first, last)
