"""Batches: the same schedules however many processes there are, and whatever happens to one of them."""

import math
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice, repeat
from operator import call
from typing import Any

import numpy as np
import pytest

from flex_pipeline.scheduling import Problem, ProblemError, read_problem
from flex_pipeline.scheduling.batch import (
    AHEAD,
    CHUNK,
    BatchError,
    Failure,
    Solvers,
    solve_many,
    usable_processes,
)
from tests.scheduling.sites import battery, site

Job = Callable[[], Any]

DIE = partial(signal.raise_signal, signal.SIGKILL)


def problem(i: int) -> Problem:
    prices = [0.1 + (7 * h + i) % 24 / 100 for h in range(24)]
    return read_problem(site(prices, battery(soc_at_start=f"{i % 10} kWh")))


@pytest.fixture
def two() -> Iterator[Solvers]:
    """Two workers that start at once."""
    with Solvers(2, start_after_s=0.0) as solvers:
        yield solvers


def test_two_processes_give_the_schedules_of_one_to_the_bit_and_in_order(two: Solvers) -> None:
    problems = [problem(i) for i in range(CHUNK + 3)]

    alone = list(solve_many(problems))
    together = list(two.solve_many(problems))

    assert len({schedule.costs.total for schedule in alone}) > CHUNK  # so that an exchanged order would show
    for one, other in zip(alone, together, strict=True):
        assert one.costs == other.costs
        assert np.array_equal(one.devices["battery"].power_kw, other.devices["battery"].power_kw)
        assert np.array_equal(one.devices["battery"].soc_kwh, other.devices["battery"].soc_kwh)  # type: ignore[arg-type]


def test_how_exactly_to_solve_is_told_to_the_workers(two: Solvers) -> None:
    with pytest.raises(BatchError, match=r"^problem 0: TypeError: .*'str'"):
        list(two.solve_many([problem(0)], time_limit_s="soon"))  # type: ignore[arg-type]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_problem_that_cannot_be_solved_is_named_by_its_position_after_those_before_it(
    processes: int,
) -> None:
    broken = [problem(0), problem(1), None, problem(3)]
    with Solvers(processes, start_after_s=0.0) as solvers:
        schedules = solvers.solve_many(broken)  # type: ignore[arg-type]

        assert [next(schedules).status, next(schedules).status] == ["optimal", "optimal"]
        with pytest.raises(BatchError, match=r"^problem 2: AttributeError"):
            next(schedules)


def test_an_exception_is_the_result_of_its_item_alone(two: Solvers) -> None:
    roots = list(two.map(math.sqrt, [4.0, -1.0, 9.0]))

    assert roots[0] == 2.0
    assert roots[2] == 3.0
    assert isinstance(roots[1], Failure)
    assert roots[1].reason.startswith("ValueError")
    assert "Traceback" in roots[1].trace


def test_a_worker_that_is_killed_loses_nothing(two: Solvers) -> None:
    slow: list[Job] = [partial(time.sleep, 0.01)]
    jobs = slow + [job for i in range(4 * CHUNK) for job in (partial(abs, -i), *slow)]
    results = two.map(call, jobs)

    first = next(results)
    os.kill(workers()[0], signal.SIGKILL)

    assert [first, *results] == [job() for job in jobs]


def test_what_kills_every_process_that_works_on_it_is_the_only_failure(two: Solvers) -> None:
    jobs: list[Job] = [partial(abs, -i) for i in range(3 * CHUNK)]
    jobs[CHUNK + 2] = DIE

    results = list(two.map(call, jobs))

    assert [i for i, result in enumerate(results) if result != i] == [CHUNK + 2]
    assert results[CHUNK + 2] == Failure(
        "the process that worked on it died: was it killed, or out of memory?"
    )


def test_after_a_death_the_next_batch_finds_workers_again(two: Solvers) -> None:
    assert [type(result) for result in two.map(call, [DIE])] == [Failure]

    assert list(two.map(call, [partial(abs, -1)])) == [1]


def test_few_problems_are_solved_without_a_worker() -> None:
    with Solvers(2) as solvers:
        assert set(solvers.map(call, [os.getpid] * 1000)) == {os.getpid()}


def who_worked(seconds: float) -> int:
    """The process that has kept a core busy for some time."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return os.getpid()


def test_workers_take_over_when_the_work_has_lasted_and_they_are_ready() -> None:
    here = os.getpid()
    with Solvers(2, start_after_s=0.1) as solvers:
        found = solvers.map(who_worked, repeat(0.06))
        # they start after the third, and nothing waits for them
        assert list(islice(found, 4)) == [here] * 4
        assert next(pid for pid in found if pid != here)
        # and what comes next does not wait for as long again
        assert here not in list(solvers.map(call, [os.getpid]))


def test_one_process_never_starts_another() -> None:
    with Solvers(1, start_after_s=0.0) as solvers:
        assert list(solvers.map(call, [os.getpid])) == [os.getpid()]


def test_a_worker_has_one_thread_for_its_solver(two: Solvers) -> None:
    assert list(two.map(os.getenv, ["OMP_NUM_THREADS"])) == ["1"]


def test_items_are_taken_no_further_ahead_than_the_workers_need(two: Solvers) -> None:
    taken = []

    def items() -> Iterator[Job]:
        for i in range(100 * CHUNK):
            taken.append(i)
            yield os.getpid

    results = two.map(call, items())
    next(results)

    assert len(taken) == AHEAD * 2 * CHUNK


def test_workers_end_with_their_batch() -> None:
    with Solvers(2, start_after_s=0.0) as solvers:
        pids = set(solvers.map(call, [os.getpid] * (3 * CHUNK)))

    assert not [pid for pid in pids if isinstance(pid, int) and alive(pid)]


def test_workers_end_with_a_process_that_is_killed() -> None:
    script = (
        "import os, time; from operator import call; from flex_pipeline.scheduling.batch import Solvers\n"
        "print(*Solvers(2, start_after_s=0.0).map(call, [os.getpid]), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert alive(worker)
        parent.kill()

    deadline = time.monotonic() + 20
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(worker)


def test_the_number_of_processes_is_that_of_the_usable_cores_or_what_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("FLEX_WORKERS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 7}, raising=False)
    assert usable_processes() == 3

    monkeypatch.setenv("FLEX_WORKERS", "12")
    assert usable_processes() == 12


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5"])
def test_a_number_of_processes_that_is_none_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEX_WORKERS", given)

    with pytest.raises(
        ValueError, match=rf'FLEX_WORKERS is "{given}"; give a number of processes, at least 1'
    ):
        usable_processes()


def test_an_error_that_a_worker_raises_may_be_of_any_kind(two: Solvers) -> None:
    # it is told in words, so one that cannot be sent from process to process breaks nothing
    (failure,) = two.map(read_problem, [{"start": "never"}])

    assert isinstance(failure, Failure)
    assert failure.reason.startswith(ProblemError.__name__)


def workers() -> list[int]:
    """Ids of the worker processes of this one."""
    return [child.pid for child in multiprocessing.active_children() if child.pid is not None]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:  # one that nobody has waited for yet is dead all the same
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return sys.platform != "linux"
