"""Templates: a compiled part of the model, whose numbers are an affine function of its parameters.

The numbers of a linear program (coefficients, costs, bounds) are `base + gradient @ parameters`: one sparse product
stamps a problem, and Pyomo is needed only once per shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from flex_pipeline.scheduling.limits import Limit

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Name = tuple[int, str]  # the number of the part, and the name of a variable or constraint family in it
Objective = Literal["money", "preference"]
RELIEF = "_relief"  # ends the name of a variable by which a limit gives way
OBJECTIVES: tuple[Objective, ...] = ("money", "preference")


class ParameterError(KeyError):
    """Parameters that are not those of the template."""


@dataclass(frozen=True)
class Family:
    """The constraints of one family, by the step each belongs to (−1: to none)."""

    index: Index  # among the rows, or among the bounds
    steps: Index


@dataclass(frozen=True)
class Port:
    """A flow that leaves the part: the sum of columns and a constant at each step, as numbers of the template."""

    steps: Index
    columns: Index
    coefficients: Index  # which numbers they are
    constants: Index  # (T,)


@dataclass(frozen=True)
class Node:
    """Where a flow from other parts enters rows: row, step and factor."""

    rows: Index
    steps: Index
    factors: Array


@dataclass(frozen=True)
class Template:
    """One part, or several that are joined. Numbers are ordered as `sections` says."""

    parameters: tuple[tuple[int, str, int], ...]  # number of the part, name, and how many numbers it has
    base: Array  # (numbers,)
    gradient: sparse.csr_array  # (numbers, parameters)
    entry_rows: Index
    entry_columns: Index
    column_lower: Array
    column_upper: Array
    integer: NDArray[np.bool_]
    row_count: int
    bound_columns: Index  # the column that each single-variable constraint bounds
    columns: Mapping[Name, Index]
    rows: Mapping[Name, Family]
    bounds: Mapping[Name, Family]
    limits: Mapping[Name, Limit]  # those families of rows or bounds that are limits
    ports: Mapping[str, Port]
    nodes: Mapping[str, Node]

    @cached_property
    def sizes(self) -> tuple[tuple[str, int], ...]:
        """The sections of the numbers, in order, and how long each is."""
        n, m, k = self.column_lower.size, self.row_count, self.bound_columns.size
        return (
            ("entries", self.entry_rows.size),
            *((name, n) for name in OBJECTIVES),
            *((f"{name}_offset", 1) for name in OBJECTIVES),
            ("row_lower", m),
            ("row_upper", m),
            ("bound_lower", k),
            ("bound_upper", k),
        )

    @cached_property
    def pattern(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Row of each entry, and where each column begins; entries are ordered by column, then row."""
        ends = np.cumsum(np.bincount(self.entry_columns, minlength=self.column_lower.size))
        return self.entry_rows.astype(np.int32), np.concatenate([[0], ends]).astype(np.int32)

    def numbers(self, values: Array) -> Array:
        """All numbers for a parameter vector."""
        return np.asarray(self.base + self.gradient @ values)

    def flow(self, port: str, numbers: Array, x: Array) -> Array:
        """What leaves by a port at a point, (T,)."""
        found = self.ports[port]
        constants = numbers[found.constants]
        variable = np.bincount(found.steps, numbers[found.coefficients] * x[found.columns], constants.size)
        return np.asarray(constants + variable)

    def sections(self, numbers: Array) -> dict[str, Array]:
        """The numbers by section."""
        ends = np.cumsum([size for _, size in self.sizes])
        return {
            name: numbers[end - size : end]
            for (name, size), end in zip(self.sizes, ends.tolist(), strict=True)
        }

    def vector(self, given: Sequence[Mapping[str, Array]]) -> Array:
        """The parameters of each part as one vector.

        ParameterError names those that are missing, unknown or of another size.
        """
        try:
            values = [given[part][name] for part, name, _ in self.parameters]
        except (KeyError, IndexError):
            values = []
        fits = len(values) == sum(map(len, given)) == len(self.parameters)
        if not fits or any(x.size != size for x, (_, _, size) in zip(values, self.parameters, strict=True)):
            raise ParameterError("; ".join(self._misfits(given)))
        return np.concatenate(values) if values else np.empty(0)

    def _misfits(self, given: Sequence[Mapping[str, Array]]) -> Iterator[str]:
        for part, parameters in enumerate(given):
            sizes = {name: size for i, name, size in self.parameters if i == part}
            yield from (f"{name} is no parameter of part {part}" for name in parameters.keys() - sizes.keys())
            for name, size in sizes.items():
                if name not in parameters or parameters[name].size != size:
                    found = parameters[name].size if name in parameters else "no"
                    yield f"{name} of part {part} has {found} values, not {size}"
