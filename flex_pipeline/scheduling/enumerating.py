"""A choice of one among a few columns, exactly: in turn by linear programs that start where the last one ended.

The duals of the relaxation bound every option at once; only those that may be the best are tried.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np

from flex_pipeline.scheduling.highs import Simplex, Solution
from flex_pipeline.scheduling.linear_program import LinearProgram, dual_bound
from flex_pipeline.scheduling.template import Index

TIE = 1e-9  # within which two options are equally good, relative to the sum


def best_option(program: LinearProgram, options: Index, objective: str, deadline: float) -> Solution:
    """The optimum with exactly one of the options at 1; of equally good ones the first.

    The options are all the integers of the program. At the deadline, a time of perf_counter, it is the best so far.
    """
    simplex = Simplex()
    relaxed = replace(program, integer=np.zeros_like(program.integer))
    solution = simplex.minimise(
        relaxed, objective, feasible=False, time_limit_s=max(deadline - perf_counter(), 0.0)
    )
    if solution.x is None:
        return solution
    bounds = program.bounds_with(options, objective, solution.row_duals)
    best, first = replace(solution, status="infeasible", x=None, value=np.inf), options.size
    for i in np.argsort(bounds, kind="stable").tolist():
        tie = 0.0 if best.x is None else TIE * max(1.0, abs(best.value))
        left = deadline - perf_counter()
        if left < 0 or bounds[i] > best.value + tie or np.isinf(bounds[i]):
            break
        chosen = _chosen(program, options, int(options[i]))
        found = simplex.minimise(
            chosen, objective, feasible=False, time_limit_s=left, cutoff=best.value + tie
        )
        if found.status == "infeasible":
            bounds[i] = np.inf
        elif found.row_duals.size:
            bounds[i] = max(bounds[i], dual_bound(chosen, objective, found.row_duals))
        is_better, is_equal = found.value < best.value - tie, found.value <= best.value + tie
        if found.x is not None and (is_better or (is_equal and i < first)):
            best, first = found, i
    return replace(best, tree_bound=float(bounds.min()))


def _chosen(program: LinearProgram, options: Index, option: int) -> LinearProgram:
    lower, upper = program.col_lower.copy(), program.col_upper.copy()
    lower[options] = upper[options] = 0.0
    lower[option] = upper[option] = 1.0
    return replace(program, col_lower=lower, col_upper=upper, integer=np.zeros_like(program.integer))
