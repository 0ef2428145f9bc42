"""From the first solve of a fresh process to ten thousand device-days in several."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TYPE_CHECKING, TypeVar

from benchmarks.scheduling.days import Day

if TYPE_CHECKING:
    from flex_pipeline.scheduling import Problem

Result = TypeVar("Result")

DISTINCT_DAYS = 200  # made once and repeated, so that making days is no part of what is measured


@dataclass(frozen=True)
class Growth:
    """What a number of device-days took, from the first import and compiling to the last schedule."""

    device_days: int
    processes: int
    cpu_ms: float  # per device-day, of all processes: with start-up and the way to the workers and back
    days_per_second: float  # wall
    peak_mib: float  # resident memory of the largest process


@dataclass(frozen=True)
class Cold:
    """CPU time of solves in fresh processes."""

    compiling_ms: float  # the very first: with the import of Pyomo and HiGHS
    loading_ms: float  # the first of another process, which finds the templates on disk
    next_ms: float  # the second of that process


def grow(device_days: int, processes: int) -> Growth:
    """Solve that many device-days of one battery and 96 steps, starting in a fresh process without templates."""
    with TemporaryDirectory() as templates:
        return _in_fresh_process(templates, _grow, device_days, processes)


def cold(steps: int, devices: int) -> Cold:
    """Solve a day, then another, in a fresh process; and once more, with the templates that the first has left."""
    with TemporaryDirectory() as templates:
        compiling_ms, _ = _in_fresh_process(templates, _first_two_ms, steps, devices)
        loading_ms, next_ms = _in_fresh_process(templates, _first_two_ms, steps, devices)
    return Cold(compiling_ms, loading_ms, next_ms)


def _grow(device_days: int, processes: int) -> Growth:
    from flex_pipeline.scheduling.batch import solve_many

    days = [Day(96, 1, seed=seed).problem() for seed in range(min(DISTINCT_DAYS, device_days))]
    began, cpu_before = perf_counter(), _cpu_seconds()
    for schedule in solve_many(islice(cycle(days), device_days), processes=processes):
        assert schedule.status == "optimal", schedule.diagnosis
    wall, cpu = perf_counter() - began, _cpu_seconds() - cpu_before
    return Growth(device_days, processes, 1000 * cpu / device_days, device_days / wall, _peak_mib())


def _first_two_ms(steps: int, devices: int) -> tuple[float, float]:
    from flex_pipeline.scheduling import solve

    def milliseconds(problem: Problem) -> float:
        start = process_time()
        solve(problem)
        return 1000 * (process_time() - start)

    first, second = (Day(steps, devices, seed=seed).problem() for seed in range(2))
    return milliseconds(first), milliseconds(second)


def _in_fresh_process(
    templates: str, function: Callable[[int, int], Result], first: int, second: int
) -> Result:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, _keep_templates_in, (templates,)) as pool:
        return pool.submit(function, first, second).result()


def _keep_templates_in(folder: str) -> None:
    os.environ["FLEX_CACHE_DIR"] = folder


def _usage() -> tuple[resource.struct_rusage, resource.struct_rusage]:
    """Of this process, and of its workers once they have ended."""
    return resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)


def _cpu_seconds() -> float:
    return sum(usage.ru_utime + usage.ru_stime for usage in _usage())


def _peak_mib() -> float:
    unit = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts it in bytes, Linux in KiB
    return max(usage.ru_maxrss for usage in _usage()) / unit
