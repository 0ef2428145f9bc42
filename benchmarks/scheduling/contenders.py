"""Who runs: the same problem, prepared outside the clock, solved inside it.

The only place that knows how a problem becomes a matrix or a Pyomo model. Preparing imports whatever a contender
needs, so that no lap pays for imports.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import process_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flex_pipeline.scheduling import Problem
    from flex_pipeline.scheduling.linear_program import LinearProgram


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

    highs: Any = highspy.Highs  # without types
    model = _to_highs(Formulation(problem).program)

    def run() -> Lap:
        start = process_time()
        solver = highs()
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
    """The model built in Pyomo, solved through appsi_highs, and all values read back: the same relaxation."""
    return _plain_pyomo(problem, directed=False)


def plain_pyomo_directed(problem: Problem) -> Runner:
    """The same with a binary for each direction and step, searched until its gap is that of ours."""
    return _plain_pyomo(problem, directed=True)


def _plain_pyomo(problem: Problem, *, directed: bool) -> Runner:
    from pyomo.contrib.appsi.solvers import Highs
    from pyomo.environ import Var

    from flex_pipeline.scheduling.model.plain import plain_model

    appsi_highs: Any = Highs  # without types

    def run() -> Lap:
        start = process_time()
        model = plain_model(problem, directed=directed)
        solver = appsi_highs()
        solver.highs_options = {"threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 1e-6}
        found = solver.solve(model)
        for variable in model.component_objects(Var):
            variable.extract_values()
        return Lap(float(found.best_feasible_objective), process_time() - start)

    return run


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
