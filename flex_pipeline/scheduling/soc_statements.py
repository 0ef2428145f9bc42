"""SoC minima, maxima and targets on a grid of instants.

A statement binds at the end of the step before its instant; ranges include both ends. A statement between two
instants of the grid is carried over to its neighbours, loosened by the energy that can move in between.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.timeseries.grid import Grid
from flex_pipeline.timeseries.variable_quantity import Overlap, Span, resolve_overlap

Array = NDArray[np.float64]


@dataclass
class Statements:
    """What is asked at step ends, each (T,) and NaN where nothing is asked."""

    grid: Grid
    chargeable_kwh: Array  # that a step can add to the stock
    dischargeable_kwh: Array  # that a step can take from it
    minima: Array = field(init=False)
    maxima: Array = field(init=False)
    targets: Array = field(init=False)
    projected: list[datetime] = field(default_factory=list)
    late: list[datetime] = field(default_factory=list)
    overruled: list[datetime] = field(default_factory=list)  # targets that another one precedes
    past: list[datetime] = field(default_factory=list)  # asked at the start itself

    def __post_init__(self) -> None:
        self.minima, self.maxima, self.targets = (np.full(self.grid.n, np.nan) for _ in range(3))

    def add_minima(self, spans: Iterable[Span]) -> None:
        """At least these."""
        for span in self._within(spans):
            self._hold(self.minima, span, "max")
            for before, after in self._gaps(span):
                self._set(self.minima, before, span.value - self._charge(before), "max")
                self._set(self.minima, after, span.value - self._discharge(after), "max")

    def add_maxima(self, spans: Iterable[Span]) -> None:
        """At most these."""
        for span in self._within(spans):
            self._hold(self.maxima, span, "min")
            for before, after in self._gaps(span):
                self._set(self.maxima, before, span.value + self._discharge(before), "min")
                self._set(self.maxima, after, span.value + self._charge(after), "min")

    def add_targets(self, spans: Iterable[Span]) -> None:
        """Exactly these: at the next instant of the grid where they lie between two."""
        for span in self._within(spans):
            self._hold(self.targets, span, "first")
            for before, after in self._gaps(span):
                self._set(self.minima, before, span.value - self._charge(before), "max")
                self._set(self.maxima, before, span.value + self._discharge(before), "min")
                if span.start_utc == span.end_utc:
                    self._set(self.targets, after, span.value, "first")

    def _within(self, spans: Iterable[Span]) -> Iterable[Span]:
        for span in spans:
            if self.grid.position(span.end_utc) > self.grid.n:
                self.late.append(span.end_utc)
            if span.start_utc == span.end_utc == self.grid.start_utc:
                self.past.append(span.start_utc)
            if self.grid.position(span.start_utc) <= self.grid.n:
                yield span

    def _hold(self, into: Array, span: Span, overlap: Overlap) -> None:
        """Ask for the value at every instant in the span; the start of the grid is past."""
        first = max(1, math.ceil(self.grid.position(span.start_utc)))
        last = min(self.grid.n, math.floor(self.grid.position(span.end_utc)))
        if first > last:
            return
        before = into[first - 1 : last]
        after = resolve_overlap(before, span.value, overlap)
        if overlap == "first" and (after != span.value).any():
            self.overruled.append(span.start_utc)
        into[first - 1 : last] = after

    def _gaps(self, span: Span) -> Iterable[tuple[_Neighbour, _Neighbour]]:
        """The neighbours on the grid of each end of a span that lies between two instants."""
        for instant in sorted({span.start_utc, span.end_utc}):
            position = self.grid.position(instant)
            step = math.floor(position)
            if position != step and 0 <= step < self.grid.n:
                self.projected.append(instant)
                yield _Neighbour(step, step, position - step), _Neighbour(step + 1, step, step + 1 - position)

    def _charge(self, near: _Neighbour) -> float:
        """What can be charged between a statement and its neighbour."""
        return near.share * float(self.chargeable_kwh[near.step])

    def _discharge(self, near: _Neighbour) -> float:
        """What can be discharged between a statement and its neighbour."""
        return near.share * float(self.dischargeable_kwh[near.step])

    def _set(self, into: Array, near: _Neighbour, value: float, overlap: Overlap) -> None:
        if near.instant >= 1:
            into[near.instant - 1 : near.instant] = resolve_overlap(
                into[near.instant - 1 : near.instant], value, overlap
            )


@dataclass(frozen=True)
class _Neighbour:
    instant: int  # 0 is the start of the grid
    step: int  # the step that lies between it and the statement
    share: float  # of that step
