"""From the first solve of a fresh process to ten thousand device-days in several."""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import dataclass
from itertools import cycle, islice
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from benchmarks.scheduling.contenders import solve_all
from benchmarks.scheduling.days import Day

if TYPE_CHECKING:
    from flex_pipeline.scheduling import Problem

DISTINCT_DAYS = 200  # made once and repeated, so that making days is no part of what is measured


@dataclass(frozen=True)
class Work:
    """One solve in a worker; `process_*` is of its whole life so far, imports and compiling included."""

    worker: int
    cpu_seconds: float
    process_cpu_seconds: float
    process_peak_mib: float


@dataclass(frozen=True)
class Growth:
    """What a number of device-days took."""

    device_days: int
    processes: int
    solve_ms: float  # CPU per device-day, in solve()
    all_ms: float  # CPU per device-day of all processes: with start-up and the way to the workers and back
    days_per_second: float  # wall
    worker_mib: float  # highest peak of resident memory of a worker


@dataclass(frozen=True)
class Cold:
    """CPU time of the first solves of a fresh process."""

    first_ms: float  # with the import of Pyomo and HiGHS, and compiling
    second_ms: float


def grow(device_days: int, processes: int) -> Growth:
    """Solve that many device-days of one battery and 96 steps in fresh workers."""
    days = [Day(96, 1, seed=seed).problem() for seed in range(min(DISTINCT_DAYS, device_days))]
    start, own = perf_counter(), process_time()
    in_solve, life, peak = 0.0, dict[int, float](), 0.0
    for work in solve_all(measured_solve, islice(cycle(days), device_days), processes):
        in_solve += work.cpu_seconds
        life[work.worker] = work.process_cpu_seconds
        peak = max(peak, work.process_peak_mib)
    own, wall = process_time() - own, perf_counter() - start
    return Growth(
        device_days,
        processes,
        1000 * in_solve / device_days,
        1000 * (own + sum(life.values())) / device_days,
        device_days / wall,
        peak,
    )


def cold(steps: int, devices: int) -> Cold:
    """Solve a day, then another, in a fresh process."""
    days = (Day(steps, devices, seed=seed).problem() for seed in range(2))
    first, second = solve_all(measured_solve, days, processes=1)
    return Cold(1000 * first.cpu_seconds, 1000 * second.cpu_seconds)


def measured_solve(problem: Problem) -> Work:
    """Runs in a worker."""
    from flex_pipeline.scheduling import solve

    start = process_time()
    schedule = solve(problem)
    elapsed = process_time() - start
    assert schedule.status == "optimal", schedule.diagnosis
    # Linux counts the peak in KiB, macOS in bytes
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return Work(os.getpid(), elapsed, process_time(), peak)
