"""Problem files: one scheduling problem in JSON, one schedule out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from flex_pipeline.portfolio.fields import Fault
from flex_pipeline.scheduling.batch import Failure, Solvers
from flex_pipeline.scheduling.pareto import ParetoTable, pareto
from flex_pipeline.scheduling.plugins import PluginError, load
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
    """A schedule, or a table where that was asked for, or what is wrong with the file; the exit status says which."""

    exit_status: ExitStatus
    schedule: Schedule | None = None
    table: ParetoTable | None = None
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


def solve_file(path: Path, plugins: Sequence[str] = (), pareto_points: int | None = None) -> Answer:
    """Solve a problem file whose fields may be those of plugins, which are modules.

    With a number of points, the answer is what less CO2 would cost in place of one schedule.

    Exit status 0: solved, also with breaches. 3: no plan keeps the hard constraints; the schedule is the
    one that violates them least, or the fallback. 2: the file is no problem.
    """
    try:
        load(plugins, Path.cwd())
        problem = read_file(path)
    except PluginError as error:
        return Answer(BAD_INPUT, faults=(Fault("plugin", None, str(error)),))
    except ProblemError as error:
        return Answer(BAD_INPUT, faults=error.faults)
    if pareto_points is not None:
        return _table(problem, pareto_points)
    schedule = solve(problem)
    return Answer(ONLY_A_FALLBACK if schedule.status == "infeasible" else SOLVED, schedule)


def _table(problem: Problem, points: int) -> Answer:
    try:
        table = pareto(problem, points)
    except ValueError as error:
        return Answer(BAD_INPUT, faults=(Fault("flex_context", None, f"a Pareto table {error}"),))
    return Answer(SOLVED if table.points else ONLY_A_FALLBACK, table=table)


def solve_files(
    paths: Sequence[Path], plugins: Sequence[str] = (), pareto_points: int | None = None
) -> Iterator[Answer]:
    """Solve many, in their order, in worker processes once those pay; none takes another along."""
    with Solvers() as solvers:
        solving = partial(solve_file, plugins=tuple(plugins), pareto_points=pareto_points)
        for answer in solvers.map(solving, paths):
            if isinstance(answer, Failure):
                yield Answer(BAD_INPUT, faults=(Fault("", None, f"cannot be solved: {answer.reason}"),))
            else:
                yield answer


def exit_status(answers: Iterable[ExitStatus]) -> ExitStatus:
    """Of many files: that of the worst."""
    found = set(answers)
    return BAD_INPUT if BAD_INPUT in found else ONLY_A_FALLBACK if ONLY_A_FALLBACK in found else SOLVED
