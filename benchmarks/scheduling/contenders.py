"""Who runs: the same problem, prepared outside the clock, solved inside it.

The only place that knows how a problem becomes a matrix or a Pyomo model, and how many are solved at once.
Preparing imports whatever a contender needs, so that no lap pays for imports.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from time import process_time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from flex_pipeline.scheduling import Problem
    from flex_pipeline.scheduling.linear_program import LinearProgram

Result = TypeVar("Result")


@dataclass(frozen=True)
class Lap:
    """One solve: what the plan costs, in currency, and the CPU time of all threads."""

    cost: float
    cpu_seconds: float


Runner = Callable[[], Lap]
Contender = Callable[["Problem"], Runner]


def bare_highs(problem: Problem) -> Runner:
    """HiGHS with its defaults on the matrix: a fresh solver, the model passed in, run. No plan is read back.

    Where prices are negative this is a relaxation: storages may charge and discharge at once.
    """
    import highspy

    from flex_pipeline.scheduling.formulation import Formulation

    model = _to_highs(Formulation(problem).program)

    def run() -> Lap:
        start = process_time()
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.passModel(model)
        solver.run()
        elapsed = process_time() - start
        return Lap(solver.getInfo().objective_function_value, elapsed)

    return run


def ours(problem: Problem) -> Runner:
    """Arrays in, schedule out: with its cost terms, its certificate and the preference among ties."""
    from flex_pipeline.scheduling import solve

    def run() -> Lap:
        start = process_time()
        schedule = solve(problem)
        return Lap(schedule.costs.total, process_time() - start)

    return run


def plain_pyomo(problem: Problem) -> Runner:
    """The model built in Pyomo, solved through appsi_highs, and power and stock read back.

    The same relaxation as `bare_highs`.
    """
    from pyomo.contrib.appsi.solvers import Highs
    from pyomo.environ import value

    from flex_pipeline.scheduling.model import build

    def run() -> Lap:
        start = process_time()
        model = build(problem)
        model.preference.deactivate()
        model.violation.deactivate()
        solver = Highs()
        solver.highs_options = {"threads": 1}
        solver.solve(model)
        for block in model.storage.values():
            block.charge.extract_values()
            block.discharge.extract_values()
        for block in model.stock.values():
            block.soc.extract_values()
        cost = float(value(model.money))
        return Lap(cost, process_time() - start)

    return run


def solve_all(
    work: Callable[[Problem], Result], problems: Iterable[Problem], processes: int
) -> Iterator[Result]:
    """The results in order, from worker processes; memory stays flat however many problems there are."""
    # spawned, not forked: every worker pays for its own imports and compiling, as in production
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        ahead: deque[Future[Result]] = deque()
        for problem in problems:
            ahead.append(pool.submit(work, problem))
            if len(ahead) > 64 * processes:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _to_highs(program: LinearProgram) -> Any:
    import highspy

    cost, constant = program.objectives["money"]
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = program.matrix.shape
    model.col_cost_, model.offset_ = cost, constant
    model.col_lower_, model.col_upper_ = program.col_lower, program.col_upper
    model.row_lower_, model.row_upper_ = program.row_lower, program.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = program.matrix.indptr, program.matrix.indices
    model.a_matrix_.value_ = program.matrix.data
    return model
