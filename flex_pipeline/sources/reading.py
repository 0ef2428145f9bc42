"""What a source is asked for, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import polars as pl

from flex_pipeline.sources import http
from flex_pipeline.sources.http import Answer
from flex_pipeline.sources.together import Together

INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Window:
    """The steps that start in [start, end), and the time at which they are asked for; all in UTC."""

    start: datetime
    end: datetime
    now: datetime
    together: Together | None = None  # with which other days and sensors servers are asked

    @classmethod
    def of(
        cls, start: datetime, end: datetime, now: datetime | None = None, together: Together | None = None
    ) -> Window:
        """Times of any zone; `now` is the clock's by default. Raises ValueError for times without a zone."""
        if start.tzinfo is None or end.tzinfo is None:
            raise ValueError(f"the window {start} to {end} must have a timezone")
        now = now or datetime.now(UTC)
        return cls(start.astimezone(UTC), end.astimezone(UTC), now.astimezone(UTC), together)

    def wider(self, margin: timedelta) -> Window:
        """The same with a margin at both ends."""
        return replace(self, start=self.start - margin, end=self.end + margin)

    def asked(self) -> Window:
        """What servers are asked for to know of this window."""
        if self.together is None:
            return self
        start, end = self.together.span(self.start, self.end)
        return replace(self, start=start, end=end)

    def alone(self) -> Window:
        """The same, asked for by itself."""
        return replace(self, together=None)

    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """What a server answers, or has answered another of those who ask together. Raises SourceError."""
        ask = http.get if self.together is None else self.together.get
        return ask(url, params, headers)

    def holds(self) -> pl.Expr:
        """Whether `event_start` lies in the window."""
        return pl.col("event_start").is_between(self.start, self.end, closed="left")


@dataclass(frozen=True)
class Reading:
    """The values of a sensor, and what had to be decided by rule to read them.

    `values`: event_start (Datetime "us", UTC), value (Float64), and belief_time (Datetime "us", UTC) where the
    source says since when each value was believed; null there means that the sensor's rule holds.
    """

    values: pl.DataFrame
    notices: tuple[str, ...] = ()


def series(times: Sequence[datetime], values: Sequence[float | None]) -> pl.DataFrame:
    """(event_start, value) of times with a zone and as many values."""
    start, value = pl.Series(times, dtype=INSTANT), pl.Series(values, dtype=pl.Float64)
    return pl.DataFrame({"event_start": start, "value": value})


def no_values() -> pl.DataFrame:
    """(event_start, value) without a row."""
    return series([], [])
