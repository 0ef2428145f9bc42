"""The search for the cheapest plan: linear first, integers only where they bind.

The linear program may charge and discharge at once, or sell dear what it buys cheap in the same step.
Where it does, the direction is fixed by the sign of the net power; if that costs more than the gap,
binaries are added at those steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from flex_pipeline.scheduling.formulation import Formulation, Where
from flex_pipeline.scheduling.linear_program import LinearProgram, Solution, bound_on, solve_program
from flex_pipeline.scheduling.plan import Plan
from flex_pipeline.scheduling.problem import Problem
from flex_pipeline.scheduling.schedule import Effort

ROUNDS = 20  # of fixing directions: rarely more than two are needed


@dataclass(frozen=True)
class Found:
    """A plan, what it costs, and the linear program that it solves."""

    plan: Plan
    money: float
    formulation: Formulation
    program: LinearProgram
    solution: Solution


@dataclass
class Search:
    """One problem, its present formulation, and what has been proved so far."""

    problem: Problem
    gap: float  # money
    deadline: float  # of perf_counter
    elastic: bool = False
    bound: float = -np.inf
    build_seconds: float = 0.0
    solve_seconds: float = 0.0
    formulation: Formulation = field(init=False)

    def __post_init__(self) -> None:
        self._formulate(frozenset())

    def cheapest(self) -> Found | None:
        """The best plan found within the gap or the time; None where the problem is infeasible."""
        best: Found | None = None
        binding: Where = frozenset()
        while True:
            start = None if self.elastic or binding else self.formulation.composition.basis
            solution = self._solve(self.formulation.program, "money", start)
            if solution.x is None:
                return best
            self.bound = max(self.bound, bound_on(self.formulation.program, "money", solution))
            program, solution = self._linear(solution, "money")
            found, both_ways = self._with_directions(self.formulation, program, solution)
            if found is not None and (best is None or found.money < best.money):
                best = found
            proved = best is not None and best.money - self.bound <= self.tolerance
            if proved or both_ways <= binding or perf_counter() > self.deadline:
                return best
            binding |= both_ways
            self._formulate(binding)

    def preferred(self, found: Found) -> Plan:
        """Among plans that cost the same, one that charges sooner, curtails later and changes little."""
        face = found.program.optimal_face(found.solution)
        solution = self._solve(face, "preference", found.solution.basis, primal=True)
        better, _ = self._with_directions(found.formulation, face, solution, "preference")
        return found.plan if better is None or better.money > found.money + self.tolerance else better.plan

    def least_violating(self) -> Found | None:
        """The plan that violates hard constraints least, and of those the cheapest."""
        solution = self._solve(self.formulation.program, "violation")
        if solution.x is None:
            return None
        program, solution = self._linear(solution, "violation")
        least, _ = self._with_directions(self.formulation, program, solution, "violation")
        if least is None:
            return None
        face = least.program.optimal_face(least.solution)
        solution = self._solve(face, "money", least.solution.basis, primal=True)
        found, _ = self._with_directions(self.formulation, face, solution)
        return least if found is None else found

    @property
    def tolerance(self) -> float:
        """The gap asked for, and what rounding adds at large sums of money."""
        return self.gap + (1e-9 * abs(self.bound) if np.isfinite(self.bound) else 0.0)

    @property
    def effort(self) -> Effort:
        """What the search took."""
        program = self.formulation.program
        return Effort(
            self.build_seconds, self.solve_seconds, program.col_lower.size, int(program.integer.sum())
        )

    def _formulate(self, binding: Where) -> None:
        started = perf_counter()
        self.formulation = Formulation(self.problem, binding, elastic=self.elastic)
        self.build_seconds += perf_counter() - started

    def _linear(self, solution: Solution, objective: str) -> tuple[LinearProgram, Solution]:
        """What is left once the integers have the values they have in a solution."""
        program = self.formulation.program
        if not program.integer.any() or solution.x is None:
            return program, solution
        program = program.with_integers_fixed(solution.x)
        return program, self._solve(program, objective)

    def _solve(
        self, program: LinearProgram, objective: str, start: Any = None, *, primal: bool = False
    ) -> Solution:
        """Solve, from a basis where one is given; `primal`: it is feasible, but was best for another objective."""
        started = perf_counter()
        left = max(self.deadline - started, 1.0)
        # half of the gap is for the solver, the rest for directions that are fixed afterwards
        solution = solve_program(
            program, objective, start=start, primal=primal, mip_gap=self.gap / 2, time_limit_s=left
        )
        self.solve_seconds += perf_counter() - started
        return solution

    def _with_directions(
        self, formulation: Formulation, program: LinearProgram, solution: Solution, objective: str = "money"
    ) -> tuple[Found | None, Where]:
        """A plan that never goes both ways at once, and all places where that had to be prevented."""
        prevented: Where = frozenset()
        for _ in range(ROUNDS):
            if solution.x is None:
                return None, prevented
            plan, both_ways = formulation.plan(solution.x)
            if not both_ways:
                return Found(plan, plan.costs.total, formulation, program, solution), prevented
            prevented |= both_ways
            program = formulation.fixed(program, solution.x, both_ways)
            solution = self._solve(program, objective, solution.basis)
        return None, prevented
