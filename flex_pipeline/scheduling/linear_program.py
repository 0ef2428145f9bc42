"""Linear programs as matrices: from Pyomo, through HiGHS, with a bound that does not take its word for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

Array = NDArray[np.float64]
Status = Literal["optimal", "feasible", "infeasible", "unknown"]

TOLERANCE = 1e-9  # of HiGHS, on rows and reduced costs
ZERO_COST = 1e-8  # reduced costs below this are ties


@dataclass(frozen=True)
class LinearProgram:
    """min c·x for each objective c, with row_lower ≤ A·x ≤ row_upper and col_lower ≤ x ≤ col_upper."""

    objectives: Mapping[str, tuple[Array, float]]  # name: coefficients, constant
    matrix: sparse.csc_array
    row_lower: Array
    row_upper: Array
    col_lower: Array
    col_upper: Array
    integer: NDArray[np.bool_]
    variables: tuple[Any, ...]  # the Pyomo variable of each column
    constraints: tuple[Any, ...]  # the Pyomo constraint of each row

    def with_bounds(self, lower: Array, upper: Array) -> LinearProgram:
        """The same with other bounds of the columns."""
        return replace(self, col_lower=lower, col_upper=upper)

    def with_integers_fixed(self, x: Array) -> LinearProgram:
        """The linear program that is left once the integers have the values they have in x."""
        fixed = np.round(x)
        lower = np.where(self.integer, fixed, self.col_lower)
        upper = np.where(self.integer, fixed, self.col_upper)
        return replace(self, col_lower=lower, col_upper=upper, integer=np.zeros_like(self.integer))

    def optimal_face(self, solution: Solution) -> LinearProgram:
        """All optima of a solved linear program: what complements its dual solution, and nothing else."""
        z, y = solution.reduced_costs, solution.row_duals
        lower = np.where(z < -ZERO_COST, self.col_upper, self.col_lower)
        upper = np.where(z > ZERO_COST, self.col_lower, self.col_upper)
        row_lower = np.where(y < -ZERO_COST, self.row_upper, self.row_lower)
        row_upper = np.where(y > ZERO_COST, self.row_lower, self.row_upper)
        return replace(self, row_lower=row_lower, row_upper=row_upper, col_lower=lower, col_upper=upper)


@dataclass(frozen=True)
class Solution:
    """What came out: `x` is None unless there is a feasible point."""

    status: Status
    x: Array | None
    value: float
    bound: float  # no solution is cheaper
    row_duals: Array
    reduced_costs: Array


def compile_model(model: ConcreteModel) -> LinearProgram:
    """The matrices of a Pyomo model and its objectives."""
    from pyomo.environ import Objective
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    form = LinearStandardFormCompiler().write(model, mixed_form=True)
    sense = np.array([row.bound_type for row in form.rows])
    rhs = np.asarray(form.rhs, dtype=float)
    bounds = [variable.bounds for variable in form.columns]
    coefficients = form.c.toarray()
    names = [objective.local_name for objective in form.objectives]
    assert set(names) == {o.local_name for o in model.component_objects(Objective)}
    return LinearProgram(
        {name: (coefficients[i], float(form.c_offset[i])) for i, name in enumerate(names)},
        sparse.csc_array(form.A),
        np.where(sense > 0, -np.inf, rhs),
        np.where(sense < 0, np.inf, rhs),
        np.array([-np.inf if low is None else low for low, _ in bounds], dtype=float),
        np.array([np.inf if high is None else high for _, high in bounds], dtype=float),
        np.array([not variable.is_continuous() for variable in form.columns], dtype=bool),
        tuple(form.columns),
        tuple(row.constraint for row in form.rows),
    )


def solve_program(
    lp: LinearProgram, objective: str, *, mip_gap: float = 0.0, time_limit_s: float = np.inf
) -> Solution:
    """Minimise one objective; `mip_gap` is absolute, in its units."""
    options = {"mip_rel_gap": 0.0, "mip_abs_gap": mip_gap, "time_limit": time_limit_s}
    for tolerance in (TOLERANCE, 100 * TOLERANCE):  # badly scaled numbers may not reach the first
        highs = _highs(tolerance, **options)
        highs.passModel(_to_highs(lp, objective))
        highs.run()
        solution = _solution(lp, objective, highs)
        if solution.status != "unknown" or lp.integer.any():
            break
    return solution


def dual_bound(lp: LinearProgram, objective: str, row_duals: Array) -> float:
    """A lower bound on an objective by weak duality: true for any row duals, whoever found them."""
    cost, constant = lp.objectives[objective]
    y = row_duals.copy()
    y[((y > 0) & np.isneginf(lp.row_lower)) | ((y < 0) & np.isposinf(lp.row_upper))] = 0.0
    rows = _times(y, np.where(y > 0, lp.row_lower, lp.row_upper))
    z = cost - lp.matrix.T @ y
    bounds = np.where(z > 0, lp.col_lower, lp.col_upper)
    # a free column has no reduced cost but for rounding
    z[~np.isfinite(bounds) & (np.abs(z) < 1e-7)] = 0.0
    return constant + float(rows.sum() + _times(z, bounds).sum())


def conflict(lp: LinearProgram) -> tuple[Any, ...]:
    """Constraints and bounded variables that cannot hold together, but could without any one of them."""
    highs = _highs(TOLERANCE, iis_strategy=6, time_limit=5.0)
    highs.passModel(_to_highs(replace(lp, integer=np.zeros_like(lp.integer)), "money"))
    highs.run()
    _, found = highs.getIis()
    return (*(lp.constraints[i] for i in found.row_index_), *(lp.variables[j] for j in found.col_index_))


def _highs(tolerance: float, **options: float) -> Any:
    import highspy

    highs: Any = highspy.Highs  # without types
    solver = highs()
    tolerances = {"primal_feasibility_tolerance": tolerance, "dual_feasibility_tolerance": tolerance}
    for name, value in {"output_flag": False, "threads": 1, **tolerances, **options}.items():
        solver.setOptionValue(name, value)
    return solver


def _to_highs(lp: LinearProgram, objective: str) -> Any:
    import highspy

    cost, constant = lp.objectives[objective]
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = lp.matrix.shape
    model.col_cost_, model.offset_ = cost, constant
    model.col_lower_, model.col_upper_ = lp.col_lower, lp.col_upper
    model.row_lower_, model.row_upper_ = lp.row_lower, lp.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = lp.matrix.indptr, lp.matrix.indices
    model.a_matrix_.value_ = lp.matrix.data
    if lp.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(flag)] for flag in lp.integer]
    return model


def _solution(lp: LinearProgram, objective: str, highs: Any) -> Solution:
    import highspy

    outcome, info, found = highs.getModelStatus(), highs.getInfo(), highs.getSolution()
    has_point = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    status: Status = "unknown"
    if outcome == highspy.HighsModelStatus.kOptimal:
        status = "optimal"
    elif has_point:
        status = "feasible"
    elif outcome in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        status = "infeasible"
    if not has_point:
        empty = np.empty(0)
        return Solution(status, None, np.inf, -np.inf, empty, empty)
    row_duals, reduced_costs = np.array(found.row_dual), np.array(found.col_dual)
    value = float(info.objective_function_value)
    proved_by_tree = lp.integer.any()
    bound = float(info.mip_dual_bound) if proved_by_tree else dual_bound(lp, objective, row_duals)
    return Solution(status, np.array(found.col_value), value, bound, row_duals, reduced_costs)


def _times(multipliers: Array, bounds: Array) -> Array:
    """Products in which zero times infinity is zero."""
    return np.where(multipliers == 0, 0.0, multipliers * np.where(multipliers == 0, 0.0, bounds))
