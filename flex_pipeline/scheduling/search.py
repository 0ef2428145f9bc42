"""The search for the cheapest plan: linear first, integers only where they bind.

The linear program may charge and discharge at once, or sell dear what it buys cheap in the same step.
Where it does, the direction is fixed by the sign of the net power; if that costs more than the gap,
binaries are added at those steps.
The search for the times of processes begins where they come one after the other, and the rest after them: so what it
finds is never dearer, whenever its time is up. Where directions bind as well, they are chosen before the times.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Literal

import numpy as np

from flex_pipeline.scheduling.enumerating import best_option
from flex_pipeline.scheduling.formulation import Formulation, Where
from flex_pipeline.scheduling.highs import Simplex, Solution, bound_on, solve_program
from flex_pipeline.scheduling.linear_program import Array, LinearProgram
from flex_pipeline.scheduling.placing import one_after_the_other
from flex_pipeline.scheduling.plan import Plan
from flex_pipeline.scheduling.precedence import in_order
from flex_pipeline.scheduling.problem import Problem
from flex_pipeline.scheduling.process import Process
from flex_pipeline.scheduling.schedule import Effort

ROUNDS = 20  # of fixing directions: rarely more than two are needed
HALF = 0.5  # of the time left, for a choice that another one follows


@dataclass(frozen=True)
class Found:
    """A plan, and the linear program that it solves."""

    plan: Plan
    formulation: Formulation
    program: LinearProgram
    solution: Solution
    simplex: Simplex  # that solved it


@dataclass
class Search:
    """One problem, its present formulation, and what has been proved so far."""

    problem: Problem
    gap: float  # of the objective
    deadline: float  # of perf_counter
    elastic: bool = False
    objective: Literal["money", "emissions"] = "money"
    most_money: float = np.inf
    bound: float = -np.inf
    build_seconds: float = 0.0
    solve_seconds: float = 0.0
    formulation: Formulation = field(init=False)
    simplex: Simplex = field(init=False)

    def __post_init__(self) -> None:
        self._formulate(frozenset())

    def cheapest(self) -> Found | None:
        """The best plan found within the gap or the time; None where the problem is infeasible."""
        best = self._one_after_the_other()
        start = None if best is None else best.solution.x
        if binding := self._directions_that_bind():
            self._formulate(binding)
            start = self._directions_first(best)
        while True:
            solution = self._solve(self.formulation.program, self.objective, start=start)
            if solution.x is None:
                return best
            self.bound = max(self.bound, bound_on(self.formulation.program, self.objective, solution))
            program, solution = self._linear(solution, self.objective)
            found, both_ways = self._with_directions(program, solution, self.objective)
            if found is not None and (best is None or found.solution.value < best.solution.value):
                best = found
            proved = best is not None and best.solution.value - self.bound <= self.tolerance
            if proved or both_ways <= binding or perf_counter() > self.deadline:
                return best
            binding |= both_ways
            self._formulate(binding)
            start = self._directions_first(best)

    def sooner(self, found: Found) -> Found:
        """At no more cost, with no process that could run sooner by itself; as far as time allows."""
        self.formulation, self.simplex = found.formulation, found.simplex
        most = found.solution.value + _rounding(found)
        changed = True
        while changed:
            changed = False
            for process in in_order(self.problem.processes):
                if perf_counter() > self.deadline:
                    return found
                better = self._sooner(found, process, most)
                if better is not None:
                    found, changed = better, True
        return found

    def preferred(self, found: Found) -> Plan:
        """Among plans that cost the same, by priority, one that charges sooner, curtails later and changes little."""
        self.formulation, self.simplex = found.formulation, found.simplex
        face = found.program.optimal_face(found.solution.reduced_costs, found.solution.row_duals)
        for objective in self.formulation.ranked:
            solution = self._solve(face, objective, feasible=True)
            if solution.x is None:
                return found.plan
            face = face.optimal_face(solution.reduced_costs, solution.row_duals)
        solution = self._solve(face, "preference", feasible=True)
        better, _ = self._with_directions(face, solution, "preference")
        most = max(found.solution.value + _rounding(found), self.bound + self.tolerance)
        return found.plan if better is None or better.plan.objective > most else better.plan

    def least_violating(self) -> Found | None:
        """The plan that violates hard constraints least, and of those the cheapest."""
        solution = self._solve(self.formulation.program, "violation")
        if solution.x is None:
            return None
        program, solution = self._linear(solution, "violation")
        least, _ = self._with_directions(program, solution, "violation")
        if least is None:
            return None
        face = least.program.optimal_face(least.solution.reduced_costs, least.solution.row_duals)
        solution = self._solve(face, "money", feasible=True)
        found, _ = self._with_directions(face, solution)
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

    def _one_after_the_other(self) -> Found | None:
        """Each process at its own cheapest time, and the storages after them; None where that does not fit."""
        if not self.problem.processes:
            return None
        program = self.formulation.placed(self.formulation.program, one_after_the_other(self.problem))
        if program.integer.any():
            return None
        return self._with_directions(program, self._solve(program, self.objective), self.objective)[0]

    def _directions_that_bind(self) -> Where:
        """Where power would go both ways, as it then pays, if processes could run in part."""
        program = self.formulation.program
        if not self.problem.processes or self.formulation.only_choice(program) is not None:
            return frozenset()
        relaxed = replace(program, integer=np.zeros_like(program.integer))
        return self._with_directions(relaxed, self._solve(relaxed, self.objective), self.objective)[1]

    def _directions_first(self, best: Found | None) -> Array | None:
        """A point to begin with, and a bound: directions while processes may run in part, then times with these.

        Either choice is quick, both at once are not; and to run in part saves little.
        """
        formulation, program, point = self.formulation, self.formulation.program, None
        if best is not None and best.solution.x is not None:
            point = formulation.carried(best.formulation, best.solution.x)
        times, directions = formulation.choices
        if not (times.size and directions.size):
            return point
        in_part = program.with_continuous(times)
        solution = self._solve(in_part, self.objective, start=point, share=HALF)
        if solution.x is None:
            return point
        self.bound = max(self.bound, bound_on(in_part, self.objective, solution))
        begin = solution.x.copy()
        if point is not None:  # the solver finds anew what follows from integers
            begin[times] = point[times]
        directed = program.with_columns_fixed(directions, solution.x)
        found = self._solve(directed, self.objective, start=begin, share=HALF)
        is_better = best is None or found.value < best.solution.value
        return found.x if found.x is not None and is_better else point

    def _sooner(self, found: Found, process: Process, most: float) -> Found | None:
        """With one process running sooner at a cost of no more than this; None where it cannot.

        Directions are open at first; where one that is taken at this cost proves dearer, they are those found before.
        """
        for program in (self.formulation.beside(process, found.plan), found.program):
            better = self._sooner_in(self.formulation.freed(program, process), found, process, most)
            if better is not None:
                return better
        return None

    def _sooner_in(self, program: LinearProgram, found: Found, process: Process, most: float) -> Found | None:
        columns, now = self.formulation.process_columns(process), found.solution.x
        assert now is not None
        steps, running = np.arange(columns.size), now[columns] > 0.5
        linear = replace(program, integer=np.zeros_like(program.integer))
        relaxed = self._solve(linear, "money")
        if relaxed.x is None:
            return None
        affordable = program.bounds_with(columns, "money", relaxed.row_duals) <= most
        if not (affordable & ~running & (steps < steps[running].max(initial=0))).any():
            return None
        lateness = np.zeros(program.col_lower.size)
        lateness[columns] = steps
        program = program.without(columns[~affordable & ~running]).with_objective("lateness", lateness)
        left = max(self.deadline - perf_counter(), 1.0)
        # lateness is a whole number
        solution = solve_program(
            program.with_ceiling("money", most), "lateness", mip_gap=0.5, time_limit_s=left, start=now
        )
        if solution.x is None or solution.value > lateness @ now - 0.5:
            return None
        fixed = program.with_integers_fixed(solution.x)
        better, _ = self._with_directions(fixed, self._solve(fixed, "money"))
        return better if better is not None and better.plan.objective <= most else None

    def _formulate(self, binding: Where) -> None:
        started = perf_counter()
        self.formulation = Formulation(
            self.problem, binding, elastic=self.elastic, most_money=self.most_money
        )
        plain = not (self.elastic or binding or np.isfinite(self.most_money))
        self.simplex = Simplex(self.formulation.composition.basis if plain else None)
        self.build_seconds += perf_counter() - started

    def _linear(self, solution: Solution, objective: str) -> tuple[LinearProgram, Solution]:
        """What is left once the integers have the values they have in a solution."""
        program = self.formulation.program
        if not program.integer.any() or solution.x is None:
            return program, solution
        program = program.with_integers_fixed(solution.x)
        return program, self._solve(program, objective)

    def _solve(
        self,
        program: LinearProgram,
        objective: str,
        *,
        feasible: bool = False,
        start: Array | None = None,
        share: float = 1.0,
    ) -> Solution:
        """Solve; `feasible`: the last point keeps this program too, but was best for another objective.

        `start` is a point that keeps a program with integers; `share`: of the time that is left.
        """
        started = perf_counter()
        left = max(share * (self.deadline - started), share)
        if program.integer.any():
            options = self.formulation.only_choice(program)
            if options is not None:
                solution = best_option(program, options, objective, started + left)
            else:
                # half of the gap is for the solver, the rest for directions that are fixed afterwards
                half = self.gap / 2
                solution = solve_program(program, objective, mip_gap=half, time_limit_s=left, start=start)
        else:
            solution = self.simplex.minimise(program, objective, feasible=feasible, time_limit_s=left)
        self.solve_seconds += perf_counter() - started
        return solution

    def _with_directions(
        self, program: LinearProgram, solution: Solution, objective: str = "money"
    ) -> tuple[Found | None, Where]:
        """A plan that never goes both ways at once, and all places where that had to be prevented."""
        prevented: Where = frozenset()
        for _ in range(ROUNDS):
            if solution.x is None:
                return None, prevented
            plan, both_ways = self.formulation.plan(solution.x)
            if not both_ways:
                return Found(plan, self.formulation, program, solution, self.simplex), prevented
            prevented |= both_ways
            program = self.formulation.fixed(program, solution.x, both_ways)
            solution = self._solve(program, objective)
        return None, prevented


def _rounding(found: Found) -> float:
    """Money that two equally good plans may differ by."""
    return 1e-9 * max(1.0, abs(found.solution.value))
