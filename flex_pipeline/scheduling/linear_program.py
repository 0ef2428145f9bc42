"""Linear programs as matrices, with a bound on their optimum that takes no solver's word for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from flex_pipeline.scheduling.template import OBJECTIVES, Template

Array = NDArray[np.float64]
TOLERANCE = 1e-9  # within which bounds may cross by rounding
ZERO_COST = 1e-8  # reduced costs below this are ties


@dataclass(frozen=True)
class LinearProgram:
    """min c·x for each objective c, with row_lower ≤ A·x ≤ row_upper and col_lower ≤ x ≤ col_upper."""

    objectives: Mapping[str, tuple[Array, float]]  # name: coefficients, constant
    entries: Array  # of A, by column, then row
    entry_rows: NDArray[np.int32]
    starts: NDArray[np.int32]  # of the columns among the entries, and the end of the last
    row_lower: Array
    row_upper: Array
    col_lower: Array
    col_upper: Array
    integer: NDArray[np.bool_]
    bound_columns: NDArray[np.intp]  # the column that each single-variable constraint bounds
    bound_lower: Array
    bound_upper: Array

    @classmethod
    def stamped(cls, template: Template, values: Array) -> LinearProgram:
        """The program of a template for a parameter vector."""
        numbers = template.sections(template.numbers(values))
        lower, upper = template.column_lower.copy(), template.column_upper.copy()
        np.maximum.at(lower, template.bound_columns, numbers["bound_lower"])
        np.minimum.at(upper, template.bound_columns, numbers["bound_upper"])
        crossed_by_rounding = (lower > upper) & (lower <= upper + TOLERANCE)
        lower[crossed_by_rounding] = upper[crossed_by_rounding]
        return cls(
            {name: (numbers[name], float(numbers[f"{name}_offset"][0])) for name in OBJECTIVES},
            numbers["entries"],
            *template.pattern,
            numbers["row_lower"],
            numbers["row_upper"],
            lower,
            upper,
            template.integer,
            template.bound_columns,
            numbers["bound_lower"],
            numbers["bound_upper"],
        )

    @property
    def matrix(self) -> sparse.csc_array:
        """A."""
        shape = (self.row_lower.size, self.col_lower.size)
        return sparse.csc_array((self.entries, self.entry_rows, self.starts), shape=shape)

    def with_bounds(self, lower: Array, upper: Array) -> LinearProgram:
        """The same with other bounds of the columns."""
        return replace(self, col_lower=lower, col_upper=upper)

    def with_integers(self, columns: NDArray[np.intp]) -> LinearProgram:
        """The same with these columns integer too."""
        integer = self.integer.copy()
        integer[columns] = True
        return replace(self, integer=integer)

    def without(self, columns: NDArray[np.intp]) -> LinearProgram:
        """The same with these columns held at zero."""
        lower, upper = self.col_lower.copy(), self.col_upper.copy()
        lower[columns] = upper[columns] = 0.0
        return self.with_bounds(lower, upper)

    def with_one_for_all(self, columns: NDArray[np.intp]) -> LinearProgram:
        """One more column that does what each of these does, all at once, and the objective `change` to keep small."""
        matrix = self.matrix
        both = sparse.csc_array(sparse.hstack([matrix, matrix[:, columns].sum(axis=1).reshape(-1, 1)]))
        change = np.zeros(both.shape[1])
        change[-1] = 1.0
        return replace(
            self,
            objectives={"change": (change, 0.0)},
            entries=both.data,
            entry_rows=both.indices.astype(np.int32),
            starts=both.indptr.astype(np.int32),
            col_lower=np.append(self.col_lower, 0.0),
            col_upper=np.append(self.col_upper, np.inf),
            integer=np.append(self.integer, False),
        )

    def with_ceiling(self, objective: str, most: float) -> LinearProgram:
        """The same with one more row: an objective is no more than this."""
        cost, constant = self.objectives[objective]
        both = sparse.csc_array(sparse.vstack([self.matrix, sparse.csr_array(cost[None, :])]))
        return replace(
            self,
            entries=both.data,
            entry_rows=both.indices.astype(np.int32),
            starts=both.indptr.astype(np.int32),
            row_lower=np.append(self.row_lower, -np.inf),
            row_upper=np.append(self.row_upper, most - constant),
        )

    def with_objective(self, name: str, coefficients: Array, constant: float = 0.0) -> LinearProgram:
        """The same with one more objective."""
        return replace(self, objectives={**self.objectives, name: (coefficients, constant)})

    def with_integers_fixed(self, x: Array) -> LinearProgram:
        """The linear program that is left once the integers have the values they have in x."""
        fixed = np.round(x)
        lower = np.where(self.integer, fixed, self.col_lower)
        upper = np.where(self.integer, fixed, self.col_upper)
        return replace(self, col_lower=lower, col_upper=upper, integer=np.zeros_like(self.integer))

    def with_continuous(self, columns: NDArray[np.intp]) -> LinearProgram:
        """The same with these columns no integers."""
        integer = self.integer.copy()
        integer[columns] = False
        return replace(self, integer=integer)

    def with_columns_fixed(self, columns: NDArray[np.intp], x: Array) -> LinearProgram:
        """The same with some of its integers held at the values they have in x."""
        lower, upper, integer = self.col_lower.copy(), self.col_upper.copy(), self.integer.copy()
        lower[columns] = upper[columns] = np.round(x[columns])
        integer[columns] = False
        return replace(self, col_lower=lower, col_upper=upper, integer=integer)

    def optimal_face(self, reduced_costs: Array, row_duals: Array) -> LinearProgram:
        """All optima of a solved linear program: what complements its dual solution, and nothing else."""
        z, y = reduced_costs, row_duals
        lower = np.where(z < -ZERO_COST, self.col_upper, self.col_lower)
        upper = np.where(z > ZERO_COST, self.col_lower, self.col_upper)
        row_lower = np.where(y < -ZERO_COST, self.row_upper, self.row_lower)
        row_upper = np.where(y > ZERO_COST, self.row_lower, self.row_upper)
        return replace(self, row_lower=row_lower, row_upper=row_upper, col_lower=lower, col_upper=upper)

    def bounds_with(self, columns: NDArray[np.intp], objective: str, row_duals: Array) -> Array:
        """What no point undercuts that has one of these columns, which are 0 or 1, at 1; by weak duality."""
        reduced = self.objectives[objective][0] - self.matrix.T @ valid_duals(self, row_duals)
        forced = dual_bound(self, objective, row_duals) + np.maximum(reduced[columns], 0.0)
        return np.where(self.col_upper[columns] > 0, forced, np.inf)

    def violation(self, x: Array, rows: slice, columns: slice) -> float:
        """By how much a point violates some of the rows, or bounds of some columns."""
        activity = (self.matrix @ x)[rows]
        excess = (
            self.row_lower[rows] - activity,
            activity - self.row_upper[rows],
            self.col_lower[columns] - x[columns],
            (x - self.col_upper)[columns],
        )
        return max(float(np.max(part, initial=0.0)) for part in excess)


def dual_bound(lp: LinearProgram, objective: str, row_duals: Array) -> float:
    """A lower bound on an objective by weak duality: true for any row duals, whoever found them."""
    cost, constant = lp.objectives[objective]
    y = valid_duals(lp, row_duals)
    rows = _times(y, np.where(y > 0, lp.row_lower, lp.row_upper))
    column = np.repeat(np.arange(cost.size), np.diff(lp.starts))
    z = cost - np.bincount(column, lp.entries * y[lp.entry_rows], cost.size)
    bounds = np.where(z > 0, lp.col_lower, lp.col_upper)
    # a free column has no reduced cost but for rounding
    z[~np.isfinite(bounds) & (np.abs(z) < 1e-7)] = 0.0
    return constant + float(rows.sum() + _times(z, bounds).sum())


def valid_duals(lp: LinearProgram, row_duals: Array) -> Array:
    """Row duals without those that rounding put on a side that nothing bounds."""
    unbounded = ((row_duals > 0) & np.isneginf(lp.row_lower)) | ((row_duals < 0) & np.isposinf(lp.row_upper))
    return np.where(unbounded, 0.0, row_duals)


def _times(multipliers: Array, bounds: Array) -> Array:
    """Products in which zero times infinity is zero."""
    return np.where(multipliers == 0, 0.0, multipliers * np.where(multipliers == 0, 0.0, bounds))
