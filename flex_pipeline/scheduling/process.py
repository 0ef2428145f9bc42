"""Processes: devices that have to run, in one go or in blocks; and the cheapest way for one of them alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ProcessType = Literal["INFLEXIBLE", "SHIFTABLE", "BREAKABLE"]

TIE = 1e-9  # part of all costs that running as late as possible adds: so of equal costs the earliest wins


class Run(NamedTuple):
    """A stretch of steps in which a process runs."""

    first: int
    steps: int

    @property
    def end(self) -> int:
        """The first step after it."""
        return self.first + self.steps


Runs = tuple[Run, ...]  # ascending


@dataclass(frozen=True)
class Process:
    """A device that runs `runs` times with its profile; one that is BREAKABLE once, and in blocks.

    `profile_kw` is the power of each step of a run, (k,); constant where it may be broken.
    """

    name: str
    type: ProcessType
    profile_kw: Array
    allowed: NDArray[np.bool_]  # (T,) steps in which it may run
    dearest: bool = False  # optimization-sense MAX
    runs: int = 1
    block_steps: int = 1  # of a BREAKABLE process at least
    blocks: tuple[int, int] | None = None  # fewest and most
    pause: int = 0  # steps between runs or blocks, at least
    after: tuple[str, ...] = ()  # processes that must have ended before

    @property
    def steps(self) -> int:
        """Length of a run, or of all blocks together."""
        return self.profile_kw.size

    @property
    def power_kw(self) -> float:
        """The highest."""
        return float(self.profile_kw.max())

    @property
    def breakable(self) -> bool:
        """Whether it may pause in a run."""
        return self.type == "BREAKABLE"

    @property
    def limits_blocks(self) -> bool:
        """Whether it may not run in just any steps."""
        return self.breakable and (self.block_steps > 1 or self.pause > 1 or self.blocks is not None)

    @property
    def lengths(self) -> tuple[int, int]:
        """Of the shortest and of the longest stretch of steps."""
        return (self.block_steps if self.breakable else self.steps), self.steps

    @property
    def counts(self) -> tuple[int, int]:
        """The fewest and the most stretches of steps."""
        if not self.breakable:
            return self.runs, self.runs
        return self.blocks or (1, self.steps)

    @property
    def gap(self) -> int:
        """Steps between two stretches at least: two blocks without a pause are one."""
        return max(self.pause, 1) if self.breakable else self.pause

    def power(self, runs: Runs) -> Array:
        """(T,) kW."""
        power = np.zeros(self.allowed.size)
        for run in runs:
            power[run.first : run.end] += self.profile_kw[: run.steps]
        return power

    def may_begin(self) -> NDArray[np.bool_]:
        """(T,) steps at which the shortest stretch that begins there avoids all restrictions and the end."""
        shortest, n = self.lengths[0], self.allowed.size
        may = np.zeros(n, np.bool_)
        if shortest <= n:
            may[: n - shortest + 1] = np.lib.stride_tricks.sliding_window_view(self.allowed, shortest).all(1)
        return may

    def within(self, first: int, end: int) -> Process:
        """The same, kept between two instants."""
        steps = np.arange(self.allowed.size)
        return replace(self, allowed=self.allowed & (steps >= first) & (steps < end))

    def at(self, runs: Runs) -> Process:
        """The same, with no other choice than these runs."""
        allowed = np.zeros_like(self.allowed)
        for run in runs:
            allowed[run.first : run.end] = True
        return replace(self, allowed=allowed)

    def mirrored(self) -> Process:
        """The same with time running backwards."""
        return replace(self, allowed=self.allowed[::-1], profile_kw=self.profile_kw[::-1])

    def violations(self, runs: Runs) -> Iterator[int]:
        """By how many steps, or runs, each of its rules is broken."""
        shortest, longest = self.lengths
        fewest, most = self.counts
        running = np.concatenate([np.arange(run.first, run.end) for run in runs] or [np.empty(0, np.intp)])
        inside = running[(running >= 0) & (running < self.allowed.size)]
        yield running.size - int(self.allowed[inside].sum())
        yield abs(running.size - (self.steps if self.breakable else self.steps * self.runs))
        yield max(fewest - len(runs), len(runs) - most)
        for run in runs:
            yield max(shortest - run.steps, run.steps - longest)
        for run, following in pairwise(runs):
            yield run.end + self.gap - following.first


def best_runs(process: Process, cost: Array) -> Runs | None:
    """The cheapest runs of a process alone, of equally cheap ones the earliest; None where it has no room.

    `cost` is what each step of the profile costs in each step of time, (k, T). Exact, by dynamic programming.
    """
    return None if process.block_steps > process.steps else _Choice(process, cost).runs()


def first_chance(process: Process) -> Runs | None:
    """The earliest runs."""
    return best_runs(process, np.zeros((process.steps, process.allowed.size)))


class _Choice:
    """What is left to pay from each step on.

    `idle[t, n, w]` where nothing runs and a stretch may begin, `running[t, n, w]` where one may end or go on; after n
    stretches and with work w left: runs, or steps of a BREAKABLE process.
    """

    def __init__(self, process: Process, cost: Array) -> None:
        self.gap, self.shortest = process.gap, process.lengths[0]
        self.steps = process.allowed.size
        self.work = process.steps if process.breakable else process.runs
        self.entry_work = self.shortest if process.breakable else 1
        self.counted = 0 if process.blocks is None or not process.breakable else process.blocks[1]
        self.fewest = process.counts[0] if self.counted else 0
        late = TIE * (float(np.abs(cost[np.isfinite(cost)]).sum()) or 1.0) / cost.size / self.steps
        self.entry = _entry(process, cost) + late * np.arange(self.steps) * self.entry_work
        self.further = np.full(self.steps, np.inf)
        if process.breakable:
            self.further = np.where(process.allowed, cost[0] + late * np.arange(self.steps), np.inf)

    def runs(self) -> Runs | None:
        """The best from the first step on."""
        self._fill()
        if not np.isfinite(self.idle[0, 0, self.work]):
            return None
        found, t, n, work = [], 0, 0, self.work
        while work:
            if self._beginning(t)[n, work] > self.idle[t + 1, n, work]:
                t += 1
                continue
            first, t, n, work = t, t + self.shortest, min(n + 1, self.counted), work - self.entry_work
            while t < self.steps and self._going_on(t)[n, work] <= self.idle[t + self.gap, n, work]:
                t, work = t + 1, work - 1
            found.append(Run(first, t - first))
            t += self.gap
        return tuple(found)

    def _fill(self) -> None:
        shape = (self.counted + 1, self.work + 1)
        self.idle = np.full((self.steps + self.gap + 1, *shape), np.inf)
        self.running = np.full((self.steps + 1, *shape), np.inf)
        self.idle[:, self.fewest :, 0] = 0.0
        for t in range(self.steps, -1, -1):
            if t < self.steps:
                self.idle[t] = np.minimum(self.idle[t + 1], self._beginning(t))
            self.running[t] = self.idle[t + self.gap]
            if t < self.steps:
                self.running[t] = np.minimum(self.running[t], self._going_on(t))

    def _beginning(self, t: int) -> Array:
        """With a stretch that begins here."""
        found = np.full(self.idle.shape[1:], np.inf)
        if np.isfinite(self.entry[t]):
            after = self.running[t + self.shortest, :, : -self.entry_work]
            if self.counted:
                found[:-1, self.entry_work :] = self.entry[t] + after[1:]
            else:
                found[:, self.entry_work :] = self.entry[t] + after
        return found

    def _going_on(self, t: int) -> Array:
        """With the stretch going on for this step."""
        found = np.full(self.idle.shape[1:], np.inf)
        found[:, 1:] = self.further[t] + self.running[t + 1, :, :-1]
        return found


def _entry(process: Process, cost: Array) -> Array:
    """What the shortest stretch costs that begins in each step, (T,); inf where none may."""
    entry = np.zeros(process.allowed.size)
    for j in range(min(process.lengths[0], entry.size)):
        entry[: entry.size - j] += cost[j, j:]
    return np.where(process.may_begin(), entry, np.inf)
