"""Shadow prices: what one more unit of each limit would be worth, in each step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.formulation import Formulation
from flex_pipeline.scheduling.highs import Solution
from flex_pipeline.scheduling.limits import DEVICE
from flex_pipeline.scheduling.linear_program import ZERO_COST, LinearProgram
from flex_pipeline.scheduling.schedule import ShadowPrice
from flex_pipeline.scheduling.template import Family, Name

Array = NDArray[np.float64]


def shadow_prices(
    formulation: Formulation, program: LinearProgram, solution: Solution
) -> tuple[ShadowPrice, ...]:
    """Of every limit that is worth anything; from the duals of the linear program that the schedule solves."""
    return tuple(
        ShadowPrice(formulation.component(name), name[1], formulation.template.limits[name].unit, values)
        for name, values in _values(formulation, program, solution)
        if values.any()
    )


def _values(
    formulation: Formulation, program: LinearProgram, solution: Solution
) -> Iterator[tuple[Name, Array]]:
    template, steps = formulation.template, formulation.problem.grid.n
    for name, family in template.rows.items():
        if name in template.limits:
            yield name, _spread(family, np.abs(solution.row_duals[family.index]), steps)
    if any(name in template.limits for name in template.bounds):
        tight = _tight_bounds(program, solution)
        for name, family in template.bounds.items():
            if name in template.limits:
                worth = np.abs(solution.reduced_costs[program.bound_columns[family.index]])
                # a device that has no power in a step is not at a limit there: it is away, or of another kind
                is_limit = template.limits[name].weight < DEVICE or program.bound_upper[family.index] != 0
                yield name, _spread(family, np.where(tight[family.index] & is_limit, worth, 0.0), steps)


def _spread(family: Family, values: Array, steps: int) -> Array:
    """Values by step (T,); those too small to tell from rounding are 0."""
    spread = np.zeros(steps)
    spread[family.steps] = np.where(values > ZERO_COST, values, 0.0)
    return spread


def _tight_bounds(program: LinearProgram, solution: Solution) -> NDArray[np.bool_]:
    """Which single-variable constraints hold their column back; of equal ones the first."""
    columns, cost = program.bound_columns, solution.reduced_costs[program.bound_columns]
    below = (cost > 0) & (program.bound_lower == program.col_lower[columns])
    above = (cost < 0) & (program.bound_upper == program.col_upper[columns])
    tight = np.flatnonzero(below | above)
    first = np.unique(columns[tight], return_index=True)[1]
    found = np.zeros(columns.size, np.bool_)
    found[tight[first]] = True
    return found
