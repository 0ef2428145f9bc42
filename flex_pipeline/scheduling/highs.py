"""HiGHS: how a linear program is solved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.linear_program import Array, LinearProgram, dual_bound

Status = Literal["optimal", "feasible", "infeasible", "cut off", "unknown"]

TOLERANCE = 1e-9  # on rows and reduced costs
COLUMNWISE, MINIMISE = 1, 1
DUAL, PRIMAL = 1, 4  # strategies of the simplex method
# few integers, and nearly integral without a search: what prepares a long one takes longer than it does
SMALL_TREE = {
    "presolve": "off",
    "mip_allow_restart": False,
    "mip_detect_symmetry": False,
    "mip_heuristic_run_feasibility_jump": False,
}


IDLE: list[Any] = []  # solvers that nobody works with; what they are given next replaces all they had


@dataclass(frozen=True)
class Solution:
    """What came out: `x` is None unless there is a feasible point."""

    status: Status
    x: Array | None
    value: float
    tree_bound: float  # of a search over integers: no solution is cheaper
    row_duals: Array
    reduced_costs: Array


def bound_on(lp: LinearProgram, objective: str, solution: Solution) -> float:
    """What no solution undercuts: by the duals, or by the search over integers."""
    return solution.tree_bound if lp.integer.any() else dual_bound(lp, objective, solution.row_duals)


def solve_program(
    lp: LinearProgram,
    objective: str,
    *,
    mip_gap: float = 0.0,
    time_limit_s: float = np.inf,
    start: Array | None = None,
) -> Solution:
    """Minimise one objective; `mip_gap` is absolute, in its units. What comes out is no worse than `start`, a point."""
    options: dict[str, Any] = {"mip_rel_gap": 0.0, "mip_abs_gap": mip_gap}
    if lp.integer.any():
        options |= SMALL_TREE
    for tolerance in (TOLERANCE, 100 * TOLERANCE):  # badly scaled numbers may not reach the first
        highs = _highs(tolerance, **options)
        _pass(highs, lp, objective)
        if start is not None:
            _start_at(highs, start)
        # a search over integers counts its own time; a linear program all that the solver has worked since it was made
        _run(highs, time_limit_s if lp.integer.any() else highs.getRunTime() + time_limit_s)
        solution = _solution(lp, highs)
        IDLE.append(highs)
        if solution.status != "unknown" or lp.integer.any():
            break
    return solution


class Simplex:
    """The simplex method on programs that differ in bounds and objective only: each starts where the last one ended.

    `start` is a basis for the first; without one it is solved as HiGHS thinks best.
    """

    def __init__(self, start: Any = None) -> None:
        self._start = start
        self._highs: Any = None
        self._program: LinearProgram | None = None  # as HiGHS has it
        self._cutoff = np.inf

    def minimise(
        self,
        lp: LinearProgram,
        objective: str,
        *,
        feasible: bool,
        time_limit_s: float,
        cutoff: float = np.inf,
    ) -> Solution:
        """The optimum of a program without integers; `feasible`: the point at which the last one ended still is.

        Nothing is found, and the duals prove it, where the optimum is above `cutoff`.
        """
        if self._program is None:
            self._begin(lp, objective)
        else:
            self._change(self._program, lp, objective)
        self._program = lp
        self._highs.setOptionValue("simplex_strategy", PRIMAL if feasible else DUAL)
        if cutoff != self._cutoff:
            self._highs.setOptionValue("objective_bound", cutoff)
            self._cutoff = cutoff
        _run(self._highs, self._highs.getRunTime() + time_limit_s)
        solution = _solution(lp, self._highs)
        if solution.status == "unknown":
            return solve_program(lp, objective, time_limit_s=time_limit_s)
        return solution

    @property
    def basis(self) -> Any:
        """Where the last one ended."""
        return self._highs.getBasis()

    def _begin(self, lp: LinearProgram, objective: str) -> None:
        # Devex weights need no start-up of their own, which pays where few steps are left to go
        self._highs = _highs(TOLERANCE, simplex_dual_edge_weight_strategy=1)
        finalize(self, IDLE.append, self._highs)
        _pass(self._highs, lp, objective)
        if self._start is not None:
            self._highs.setOptionValue("presolve", "off")
            self._highs.setBasis(self._start)

    def _change(self, before: LinearProgram, lp: LinearProgram, objective: str) -> None:
        columns = np.arange(lp.col_lower.size, dtype=np.int32)
        cost, offset = lp.objectives[objective]
        self._highs.setOptionValue("presolve", "off")
        self._highs.changeColsCost(columns.size, columns, cost)
        self._highs.changeObjectiveOffset(offset)
        self._highs.changeColsBounds(columns.size, columns, lp.col_lower, lp.col_upper)
        rows = np.flatnonzero((lp.row_lower != before.row_lower) | (lp.row_upper != before.row_upper)).astype(
            np.int32
        )
        if rows.size:
            self._highs.changeRowsBounds(rows.size, rows, lp.row_lower[rows], lp.row_upper[rows])


def conflict(lp: LinearProgram) -> NDArray[np.intp]:
    """Rows that cannot hold together, but could without any one of them; none where only integers conflict."""
    highs = _highs(TOLERANCE, iis_strategy=6)
    _pass(highs, replace(lp, integer=np.zeros_like(lp.integer)), "money")
    _run(highs, highs.getRunTime() + 5.0)
    _, found = highs.getIis()
    rows = np.array(found.row_index_, np.intp)
    IDLE.append(highs)
    return rows


def _highs(tolerance: float, **options: float) -> Any:
    """An idle solver with these options, or a new one: making one takes a tenth of the time of a small problem."""
    import highspy

    highs: Any = highspy.Highs  # without types
    try:
        solver = IDLE.pop()
        solver.resetOptions()
    except IndexError:
        solver = highs()
    tolerances = {"primal_feasibility_tolerance": tolerance, "dual_feasibility_tolerance": tolerance}
    for name, value in {"output_flag": False, "threads": 1, **tolerances, **options}.items():
        solver.setOptionValue(name, value)
    return solver


def _run(highs: Any, time_limit: float) -> None:
    highs.setOptionValue("time_limit", time_limit)
    highs.run()


def _pass(highs: Any, lp: LinearProgram, objective: str) -> None:
    cost, offset = lp.objectives[objective]
    highs.passModel(
        *(lp.col_lower.size, lp.row_lower.size, lp.entries.size, COLUMNWISE, MINIMISE, offset),
        *(cost, lp.col_lower, lp.col_upper, lp.row_lower, lp.row_upper),
        *(lp.starts, lp.entry_rows, lp.entries, lp.integer.astype(np.int32)),
    )


def _start_at(highs: Any, x: Array) -> None:
    import highspy

    solution: Any = highspy.HighsSolution()  # without types
    solution.col_value = x.tolist()
    highs.setSolution(solution)


def _solution(lp: LinearProgram, highs: Any) -> Solution:
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
    elif outcome == highspy.HighsModelStatus.kObjectiveBound:
        status = "cut off"
    row_duals, reduced_costs = np.array(found.row_dual), np.array(found.col_dual)
    if not has_point:
        return Solution(status, None, np.inf, -np.inf, row_duals, reduced_costs)
    value = float(info.objective_function_value)
    tree_bound = float(info.mip_dual_bound) if lp.integer.any() else -np.inf
    return Solution(status, np.array(found.col_value), value, tree_bound, row_duals, reduced_costs)
