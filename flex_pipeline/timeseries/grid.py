"""A grid: equal steps in UTC, each step [start, start + resolution)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Instants = NDArray[np.datetime64]

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Grid:
    """`n` steps of `resolution` from `start_utc`."""

    start_utc: datetime
    resolution: timedelta
    n: int

    def __post_init__(self) -> None:
        if self.resolution <= timedelta(0):
            raise ValueError(f"a step must last longer than {self.resolution}")
        if self.n < 1:
            raise ValueError("a grid needs at least one step: its end must be after its start")
        object.__setattr__(self, "start_utc", as_utc(self.start_utc))

    @classmethod
    def from_bounds(cls, start: datetime, end: datetime, resolution: timedelta) -> Grid:
        """The grid of whole steps in [start, end); ValueError when they do not fill it."""
        if resolution <= timedelta(0):
            raise ValueError(f"a step must last longer than {resolution}")
        # both in UTC first: wall-clock differences are an hour off on the days the clock changes
        n, rest = divmod(as_utc(end) - as_utc(start), resolution)
        if rest:
            raise ValueError(
                f"{start.isoformat()} to {end.isoformat()} is not a whole number of {resolution} steps"
            )
        return cls(start, resolution, n)

    @property
    def hours(self) -> float:
        """Length of a step in hours."""
        return self.resolution / timedelta(hours=1)

    @property
    def end_utc(self) -> datetime:
        """The instant after the last step."""
        return self.start_utc + self.n * self.resolution

    @property
    def edges(self) -> Instants:
        """The n + 1 instants between and around the steps, datetime64[us] in UTC."""
        start = utc_instant(self.start_utc)
        return start + np.arange(self.n + 1) * np.timedelta64(self.resolution // MICROSECOND, "us")

    @property
    def starts(self) -> Instants:
        """The start of each step, datetime64[us] in UTC, shape (n,)."""
        return self.edges[:-1]

    def position(self, instant: datetime) -> float:
        """How many steps after the start an instant lies: whole on the grid, negative before it."""
        whole, rest = divmod(as_utc(instant) - self.start_utc, self.resolution)
        return whole + rest / self.resolution

    def instant(self, step: int) -> datetime:
        """The start of a step, in UTC; `n` gives the end of the grid."""
        return self.start_utc + step * self.resolution

    def local(self, step: int, timezone: ZoneInfo) -> datetime:
        """The start of a step on the local clock."""
        return self.instant(step).astimezone(timezone)


def local_day(day: date, timezone: ZoneInfo, resolution: timedelta) -> Grid:
    """The grid from local midnight to local midnight: 92, 96 or 100 quarter-hours."""
    start = datetime.combine(day, time(), timezone)
    end = datetime.combine(day + timedelta(days=1), time(), timezone)
    return Grid.from_bounds(start, end, resolution)


def as_utc(instant: datetime) -> datetime:
    """The same instant in UTC; ValueError for a time without an offset."""
    if instant.tzinfo is None:
        raise ValueError(f'"{instant.isoformat()}" has no offset from UTC; write for example "+01:00"')
    return instant.astimezone(UTC)


def utc_instant(instant: datetime) -> np.datetime64:
    """An instant in UTC as numpy has it, datetime64[us]."""
    return np.datetime64(instant.replace(tzinfo=None), "us")
