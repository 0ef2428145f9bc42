"""From the first solve of a fresh process to ten thousand device-days in several."""

from __future__ import annotations

import multiprocessing
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from time import perf_counter, process_time
from typing import TypeVar

from benchmarks.scheduling.days import Day

Result = TypeVar("Result")

DISTINCT_DAYS = 200  # made once and repeated, so that making days is no part of what is measured


@dataclass(frozen=True)
class Growth:
    """What a number of device-days took, from the first import of Pyomo to the last schedule."""

    device_days: int
    processes: int
    cpu_ms: float  # per device-day, of all processes: with start-up and the way to the workers and back
    days_per_second: float  # wall
    peak_mib: float  # resident memory of the largest process


@dataclass(frozen=True)
class Cold:
    """CPU time of the first solves of a fresh process."""

    first_ms: float  # with the import of Pyomo and HiGHS, and compiling
    second_ms: float


def grow(device_days: int, processes: int) -> Growth:
    """Solve that many device-days of one battery and 96 steps, starting in a fresh process."""
    return _in_fresh_process(_grow, device_days, processes)


def cold(steps: int, devices: int) -> Cold:
    """Solve a day, then another, in a fresh process."""
    return _in_fresh_process(_cold, steps, devices)


def _grow(device_days: int, processes: int) -> Growth:
    from flex_pipeline.scheduling.batch import solve_many

    days = [Day(96, 1, seed=seed).problem() for seed in range(min(DISTINCT_DAYS, device_days))]
    began, cpu_before = perf_counter(), _cpu_seconds()
    for schedule in solve_many(islice(cycle(days), device_days), processes=processes):
        assert schedule.status == "optimal", schedule.diagnosis
    wall, cpu = perf_counter() - began, _cpu_seconds() - cpu_before
    return Growth(device_days, processes, 1000 * cpu / device_days, device_days / wall, _peak_mib())


def _cold(steps: int, devices: int) -> Cold:
    from flex_pipeline.scheduling import solve

    milliseconds = []
    for day in [Day(steps, devices, seed=seed).problem() for seed in range(2)]:
        start = process_time()
        solve(day)
        milliseconds.append(1000 * (process_time() - start))
    return Cold(*milliseconds)


def _in_fresh_process(function: Callable[[int, int], Result], first: int, second: int) -> Result:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, first, second).result()


def _usage() -> tuple[resource.struct_rusage, resource.struct_rusage]:
    """Of this process, and of its workers once they have ended."""
    return resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)


def _cpu_seconds() -> float:
    return sum(usage.ru_utime + usage.ru_stime for usage in _usage())


def _peak_mib() -> float:
    unit = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts it in bytes, Linux in KiB
    return max(usage.ru_maxrss for usage in _usage()) / unit
