"""Precedence: processes that wait for others to end, and the time that this leaves for each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from graphlib import TopologicalSorter

from flex_pipeline.scheduling.process import Process, first_chance


class NoRoomError(ValueError):
    """A process that cannot run in the time that is left for it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has no room")
        self.name = name


def in_order(processes: Iterable[Process]) -> tuple[Process, ...]:
    """Each after those it waits for, else by name; graphlib.CycleError where they wait for each other."""
    by_name = {process.name: process for process in sorted(processes, key=lambda p: p.name)}
    order = TopologicalSorter({name: process.after for name, process in by_name.items()}).static_order()
    return tuple(by_name[name] for name in order if name in by_name)


def tightened(processes: Iterable[Process]) -> dict[str, Process]:
    """Each process with the time that those it waits for, and those that wait for it, leave it for certain.

    NoRoomError names one that has too little.
    """
    forwards = _after_the_earliest_ends(in_order(processes))
    followers = {name: tuple(p.name for p in forwards.values() if name in p.after) for name in forwards}
    backwards = {
        name: replace(process.mirrored(), after=followers[name]) for name, process in forwards.items()
    }
    return {
        name: replace(forwards[name], allowed=process.allowed[::-1])
        for name, process in _after_the_earliest_ends(in_order(backwards.values())).items()
    }


def _after_the_earliest_ends(processes: Iterable[Process]) -> dict[str, Process]:
    found: dict[str, Process] = {}
    ends: dict[str, int] = {}
    for process in processes:
        start = max((ends[name] for name in process.after if name in ends), default=0)
        found[process.name] = process.within(start, process.allowed.size)
        ends[process.name] = _earliest_end(found[process.name])
    return found


def _earliest_end(process: Process) -> int:
    """The earliest instant at which it can have ended."""
    soonest = first_chance(process)
    if soonest is None:
        raise NoRoomError(process.name)
    if not process.limits_blocks:
        return soonest[-1].end
    # one long block may end before several that begin sooner
    return bisect_left(
        range(soonest[-1].end), True, key=lambda end: first_chance(process.within(0, end)) is not None
    )
