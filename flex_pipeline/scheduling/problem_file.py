"""Problem files: one scheduling problem in JSON, one schedule out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flex_pipeline.portfolio.fields import Fault
from flex_pipeline.scheduling.problem import Problem, ProblemError
from flex_pipeline.scheduling.reading import read_problem
from flex_pipeline.scheduling.schedule import Schedule
from flex_pipeline.scheduling.solving import solve

ExitStatus = Literal[0, 2, 3]
SOLVED: ExitStatus = 0
BAD_INPUT: ExitStatus = 2
ONLY_A_FALLBACK: ExitStatus = 3


@dataclass(frozen=True)
class Answer:
    """A schedule, or what is wrong with the file; and the exit status that says which."""

    exit_status: ExitStatus
    schedule: Schedule | None = None
    faults: tuple[Fault, ...] = ()


def read_file(path: Path) -> Problem:
    """The problem in a JSON file; ProblemError names everything wrong with it."""
    try:
        mapping = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProblemError((Fault(str(path), None, f"cannot be read: {error.strerror}"),)) from error
    except ValueError as error:
        raise ProblemError((Fault(str(path), None, f"is not JSON: {error}"),)) from error
    return read_problem(mapping)


def solve_file(path: Path) -> Answer:
    """Solve a problem file.

    Exit status 0: solved, also with breaches. 3: no plan keeps the hard constraints; the schedule is the
    one that violates them least, or the fallback. 2: the file is no problem.
    """
    try:
        problem = read_file(path)
    except ProblemError as error:
        return Answer(BAD_INPUT, faults=error.faults)
    schedule = solve(problem)
    return Answer(ONLY_A_FALLBACK if schedule.status == "infeasible" else SOLVED, schedule)
