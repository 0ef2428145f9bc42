"""Many problems: solved here while they are few, and in worker processes once those pay."""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import Thread
from time import process_time
from types import TracebackType
from typing import Any, TypeVar

from flex_pipeline.scheduling.problem import Problem
from flex_pipeline.scheduling.schedule import Schedule
from flex_pipeline.scheduling.solving import TIME_LIMIT_S, solve

# A message to a worker and back takes 1 ms, whatever it holds; the last chunks keep every worker busy.
CHUNK = 16
# Chunks under way for each process: one in work and one waiting. More would only take memory.
AHEAD = 2
# Two workers take 3.6 s of CPU time to start and to import the solver, while the work goes on here. Having worked
# that long, the rest is likely to take as long again, and two would do it in half the time. It is CPU time, as on a
# machine that is busy with something else workers take as much longer to start as the work does.
START_S = 4.0

Item = TypeVar("Item")
Result = TypeVar("Result")


class BatchError(RuntimeError):
    """A problem of a batch that could not be solved; the message names its position."""


@dataclass(frozen=True)
class Failure:
    """What came of an item whose work raised an exception or killed its process: in a word, and in full."""

    reason: str
    trace: str = ""


def usable_processes() -> int:
    """FLEX_WORKERS, else the number of cores that this process may use."""
    named = os.environ.get("FLEX_WORKERS", "").strip()
    if named:
        if not named.isdecimal() or int(named) < 1:
            raise ValueError(f'FLEX_WORKERS is "{named}"; give a number of processes, at least 1')
        return int(named)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def solve_many(
    problems: Iterable[Problem],
    *,
    processes: int = 1,
    mip_gap_money: float = 1e-6,
    time_limit_s: float = TIME_LIMIT_S,
) -> Iterator[Schedule]:
    """The schedules of many problems, in their order, each as `solve` gives it; memory does not grow with them.

    Raises BatchError at the position of a problem that cannot be solved, after all before it.
    """
    with Solvers(processes) as solvers:
        yield from solvers.solve_many(problems, mip_gap_money=mip_gap_money, time_limit_s=time_limit_s)


class Solvers:
    """Worker processes, kept until `close`. They start when work without them took `start_after_s` of CPU time.

    They take over once all are ready; until then the work goes on in this process.
    Each is a fresh process, never a fork: here may be threads. It has one thread, and ends with this process.
    """

    def __init__(self, processes: int | None = None, *, start_after_s: float = START_S) -> None:
        self.processes = usable_processes() if processes is None else processes
        self._start_after_s = start_after_s
        self._spent_s = 0.0
        self._warm = False  # the first item imports the solver, and says nothing of the next
        self._pool: ProcessPoolExecutor | None = None
        self._starting: list[Future[Any]] = []

    def __enter__(self) -> Solvers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers; what they are at is finished, what waits is not begun."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def solve_many(
        self, problems: Iterable[Problem], *, mip_gap_money: float = 1e-6, time_limit_s: float = TIME_LIMIT_S
    ) -> Iterator[Schedule]:
        """As the function of this name."""
        solved = self.map(partial(solve, mip_gap_money=mip_gap_money, time_limit_s=time_limit_s), problems)
        for position, schedule in enumerate(solved):
            if isinstance(schedule, Failure):
                raise BatchError(f"problem {position}: {schedule.reason}\n{schedule.trace}".rstrip())
            yield schedule

    def map(
        self, function: Callable[[Item], Result], items: Iterable[Item], *, chunk: int = CHUNK
    ) -> Iterator[Result | Failure]:
        """`function` of each item, in their order; one that fails, or kills its worker, takes no other along.

        A worker is given `chunk` items at a time.
        """
        waiting = iter(items)
        yield from self._here(function, waiting)
        yield from self._in_workers(function, waiting, chunk)

    @property
    def _workers_pay(self) -> bool:
        return self.processes > 1 and self._spent_s >= self._start_after_s

    @property
    def _workers_are_ready(self) -> bool:
        return self._workers_pay and all(future.done() for future in self._starting)

    def _start(self, function: Callable[[Item], Result], item: Item) -> None:
        """Start the workers. Each does an item that is done already: then it has imported what that takes."""
        self._pool = _pool(self.processes)
        self._starting = [self._pool.submit(_attempt, function, item) for _ in range(self.processes)]

    def _here(self, function: Callable[[Item], Result], items: Iterator[Item]) -> Iterator[Result | Failure]:
        if self._workers_are_ready:
            return
        for item in items:
            began = process_time()
            result = _attempt(function, item)
            if self._warm:
                self._spent_s += process_time() - began
            self._warm = True
            if self._workers_pay and self._pool is None:
                self._start(function, item)
            yield result
            if self._workers_are_ready:
                return

    def _in_workers(
        self, function: Callable[[Item], Result], items: Iterator[Item], size: int
    ) -> Iterator[Result | Failure]:
        under_way: deque[tuple[list[Item], Future[list[Result | Failure]]]] = deque()
        try:
            while chunk := list(islice(items, size)):
                under_way.append((chunk, self._submit(function, chunk)))
                if len(under_way) == AHEAD * self.processes:
                    yield from self._results(function, *under_way.popleft())
            while under_way:
                yield from self._results(function, *under_way.popleft())
        finally:
            for _, future in under_way:
                future.cancel()

    def _submit(
        self, function: Callable[[Item], Result], chunk: list[Item]
    ) -> Future[list[Result | Failure]]:
        self._pool = self._pool or _pool(self.processes)
        try:
            return self._pool.submit(_attempt_all, function, chunk)
        except BrokenProcessPool:
            self._pool = _pool(self.processes)
            return self._pool.submit(_attempt_all, function, chunk)

    def _results(
        self,
        function: Callable[[Item], Result],
        chunk: list[Item],
        future: Future[list[Result | Failure]],
    ) -> Iterator[Result | Failure]:
        try:
            yield from future.result()
        except BrokenProcessPool:  # a worker died; it takes all that is under way with it
            yield from _one_by_one(function, chunk)


def _one_by_one(function: Callable[[Item], Result], items: list[Item]) -> Iterator[Result | Failure]:
    """Each item alone in a process: so the one that kills its process is known, and no other is lost."""
    pool = _pool(1)
    try:
        for item in items:
            try:
                yield pool.submit(_attempt, function, item).result()
            except BrokenProcessPool:
                pool = _pool(1)
                yield Failure("the process that worked on it died: was it killed, or out of memory?")
    finally:
        pool.shutdown()


def _pool(processes: int) -> ProcessPoolExecutor:
    # read when a worker loads its libraries; more threads than processes only get into each other's way
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=_begin)


def _begin() -> None:
    """In a worker: leave interrupts to the process that started it, and end with it even if that is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _attempt_all(function: Callable[[Item], Result], items: list[Item]) -> list[Result | Failure]:
    return [_attempt(function, item) for item in items]


def _attempt(function: Callable[[Item], Result], item: Item) -> Result | Failure:
    try:
        return function(item)
    except Exception as error:
        return Failure(f"{type(error).__name__}: {error}", traceback.format_exc())
