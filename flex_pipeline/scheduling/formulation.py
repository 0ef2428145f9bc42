"""A problem as a compiled model: how a point of the program reads as a plan, and how directions are fixed."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyomo.environ import value

from flex_pipeline.scheduling.linear_program import LinearProgram, Solution, compile_model
from flex_pipeline.scheduling.model import build
from flex_pipeline.scheduling.model.process import power as process_power
from flex_pipeline.scheduling.plan import BOTH_WAYS, Plan
from flex_pipeline.scheduling.problem import Problem

Array = NDArray[np.float64]
Where = frozenset[tuple[str, int]]


class Formulation:
    """The Pyomo model of a problem and its matrices, with binaries at `binding`."""

    def __init__(self, problem: Problem, binding: Where = frozenset(), *, elastic: bool = False) -> None:
        self.problem = problem
        self.model = build(problem, binding, elastic=elastic)
        self.program = compile_model(self.model)

    def plan(self, x: Array) -> tuple[Plan, Where]:
        """The plan of a point, and where a storage, or a flow whose prices pay for it, goes both ways."""
        charge, discharge = [], []
        for i, storage in enumerate(self.problem.storages):
            block = self.model.storage[i]
            c, d = self._values(block.charge, x), self._values(block.discharge, x)
            # without losses, charging and discharging at once changes nothing
            lossless = np.isclose(storage.charge_gain, storage.discharge_loss, rtol=1e-12)
            netted = np.where(lossless, np.minimum(c, d), 0.0)
            charge.append(np.clip(c - netted, 0, storage.charge_limit_kw))
            discharge.append(np.clip(d - netted, 0, storage.discharge_limit_kw))
        processes = [self._process(i, x) for i in range(len(self.problem.processes))]
        plan = Plan(self.problem, charge, discharge, processes)
        return plan, plan.both_ways() | self._prices_both_ways(x)

    def fixed(self, program: LinearProgram, x: Array, both_ways: Where) -> LinearProgram:
        """The program with each of these directions fixed by the sign of the net power at x."""
        lower, upper = program.col_lower.copy(), program.col_upper.copy()
        for i, storage in enumerate(self.problem.storages):
            block = self.model.storage[i]
            for t in range(self.problem.grid.n):
                if (storage.name, t) in both_ways:
                    charges = self.value(block.charge[t], x) >= self.value(block.discharge[t], x)
                    upper[self._column[id(block.discharge[t] if charges else block.charge[t])]] = 0.0
        for name, block in self.model.priced.items():
            for t in block.below:
                if (name, t) in both_ways:
                    j = self._column[id(block.negative[t])]
                    lower[j] = upper[j] = float(self._flow(block, t, x) < 0)
        return program.with_bounds(lower, upper)

    def marginal_price(self, solution: Solution) -> Array:
        """What one more kWh of consumption costs in each step, (T,): the dual of the power balance."""
        price = np.zeros(self.problem.grid.n)
        for dual, row in zip(solution.row_duals, self.program.constraints, strict=True):
            if row.parent_component() is self.model.power_balance:
                price[row.index()] = dual / self.problem.grid.hours
        return price

    def value(self, variable: Any, x: Array) -> float:
        """The value of a Pyomo variable; 0 where it appears nowhere."""
        j = self._column.get(id(variable))
        return 0.0 if j is None else float(x[j])

    @cached_property
    def _column(self) -> dict[int, int]:
        return {id(variable): j for j, variable in enumerate(self.program.variables)}

    def _prices_both_ways(self, x: Array) -> Where:
        return frozenset(
            (name, t)
            for name, block in self.model.priced.items()
            for t in block.below
            if self.value(block.below[t], x) > max(-self._flow(block, t, x), 0.0) + BOTH_WAYS
        )

    def _flow(self, block: Any, t: int, x: Array) -> float:
        return self.value(self.model.net[t], x) - float(block.baseline[t])

    def _process(self, i: int, x: Array) -> Array:
        block = self.model.process[i]
        for variables in (block.component("runs"), block.component("start")):
            for variable in variables.values() if variables is not None else ():
                variable.set_value(round(self.value(variable, x)), skip_validation=True)
        return np.array([value(process_power(block, t)) for t in range(self.problem.grid.n)], dtype=float)

    def _values(self, variables: Any, x: Array) -> Array:
        return np.array([self.value(variables[t], x) for t in range(self.problem.grid.n)])
