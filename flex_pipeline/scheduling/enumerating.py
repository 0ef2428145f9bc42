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
    left = deadline - perf_counter()
    relaxed = replace(program, integer=np.zeros_like(program.integer))
    best = simplex.minimise(relaxed, objective, feasible=False, time_limit_s=left)
    if best.x is None:
        return best
    bounds = program.bounds_with(options, objective, best.row_duals)
    best = replace(best, status="infeasible", x=None, value=np.inf)
    chosen_option = -1
    for i in np.argsort(bounds, kind="stable").tolist():
        tie = TIE * max(1.0, abs(best.value)) if best.x is not None else 0.0
        left = deadline - perf_counter()
        if left < 0 or bounds[i] > best.value + tie or np.isinf(bounds[i]):
            break
        chosen = _chosen(program, options, int(options[i]))
        found = simplex.minimise(
            chosen, objective, feasible=False, time_limit_s=left, cutoff=best.value + tie
        )
        bounds[i] = np.inf
        if found.status != "infeasible":
            bounds[i] = dual_bound(chosen, objective, found.row_duals)
        better, equal = found.value < best.value - tie, found.value <= best.value + tie
        if found.x is not None and (better or (equal and i < chosen_option)):
            best, chosen_option = found, i
    return replace(best, tree_bound=float(bounds.min(initial=np.inf)))


def _chosen(program: LinearProgram, options: Index, option: int) -> LinearProgram:
    lower, upper = program.col_lower.copy(), program.col_upper.copy()
    lower[options] = upper[options] = 0.0
    lower[option] = upper[option] = 1.0
    return replace(program, col_lower=lower, col_upper=upper, integer=np.zeros_like(program.integer))
