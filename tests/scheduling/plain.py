"""The optimum of the plain Pyomo model, by another interface to the solver than the engine uses."""

from __future__ import annotations

from pyomo.contrib.appsi.solvers import Highs

from flex_pipeline.scheduling.model.plain import plain_model
from flex_pipeline.scheduling.problem import Problem

GAP = 1e-7  # of the cost, in money


def plain_cost(problem: Problem) -> float | None:
    """What the problem costs at its optimum; None where it has none."""
    solver = Highs()
    solver.config.load_solution = False
    solver.highs_options = {"threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": GAP}
    found = solver.solve(plain_model(problem)).best_feasible_objective
    return None if found is None else float(found)
