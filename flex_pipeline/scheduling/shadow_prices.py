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
from flex_pipeline.scheduling.template import Index, Name

Array = NDArray[np.float64]


def shadow_prices(
    formulation: Formulation, program: LinearProgram, solution: Solution
) -> tuple[ShadowPrice, ...]:
    """Of every limit that is worth anything; from the duals of the linear program that the schedule solves."""
    steps = formulation.problem.grid.n
    return tuple(
        ShadowPrice(
            formulation.component(name),
            name[1],
            formulation.template.limits[name].unit,
            _spread(worth, at, steps),
        )
        for name, worth, at in _worth(formulation, program, solution)
    )


def _worth(
    formulation: Formulation, program: LinearProgram, solution: Solution
) -> Iterator[tuple[Name, Array, Index]]:
    """The limits that are worth anything: what each constraint is worth, and its step."""
    template = formulation.template
    of_rows, of_bounds = np.abs(solution.row_duals), _worth_of_bounds(program, solution)
    # what cannot be told from rounding is nothing
    of_rows[of_rows <= ZERO_COST] = 0.0
    for families, worth in ((template.rows, of_rows), (template.bounds, of_bounds)):
        for name, family in families.items():
            if name in template.limits and (values := worth[family.index]).any():
                if worth is of_bounds and template.limits[name].weight == DEVICE:
                    # a device that has no power in a step is not at a limit there: it is away, or of another kind
                    values = np.where(program.bound_upper[family.index] == 0, 0.0, values)
                    if not values.any():
                        continue
                yield name, values, family.steps


def _spread(values: Array, at: Index, steps: int) -> Array:
    """Values by step (T,)."""
    spread = np.zeros(steps)
    spread[at] = values
    return spread


def _worth_of_bounds(program: LinearProgram, solution: Solution) -> Array:
    """What each single-variable constraint is worth: of those that hold a column back equally, the first."""
    columns = program.bound_columns
    cost = solution.reduced_costs[columns]
    below = (cost > ZERO_COST) & (program.bound_lower == program.col_lower[columns])
    above = (cost < -ZERO_COST) & (program.bound_upper == program.col_upper[columns])
    tight = np.flatnonzero(below | above)
    first = tight[np.unique(columns[tight], return_index=True)[1]]
    found = np.zeros(columns.size)
    found[first] = np.abs(cost[first])
    return found
