"""A problem as a linear program: how a point of the program reads as a plan, and how directions are fixed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.addition import Added, Addition
from flex_pipeline.scheduling.highs import Solution
from flex_pipeline.scheduling.linear_program import LinearProgram
from flex_pipeline.scheduling.parts import Part, parts_of
from flex_pipeline.scheduling.parts.metering import MeterShape
from flex_pipeline.scheduling.parts.part import SITE, key
from flex_pipeline.scheduling.parts.sharing import served_of
from flex_pipeline.scheduling.plan import BOTH_WAYS, Plan
from flex_pipeline.scheduling.problem import Problem, Storage
from flex_pipeline.scheduling.process import Process, Run, Runs
from flex_pipeline.scheduling.template import RELIEF, Index, Name
from flex_pipeline.scheduling.templates import composition_of, part_template

Array = NDArray[np.float64]
Where = frozenset[tuple[str, int]]


@dataclass(frozen=True)
class _Concave:
    """A priced flow that may need a binary, and the steps at which its rebate could be taken unduly."""

    part: str  # key
    name: str
    baseline_kw: Array
    rebated: NDArray[np.bool_]

    @property
    def where(self) -> str:
        return f"{self.part} {self.name}"


class Formulation:
    """The stamped program of a problem, with binaries at `binding`: (name of a storage or priced flow, step)."""

    def __init__(
        self,
        problem: Problem,
        binding: Where = frozenset(),
        *,
        elastic: bool = False,
        most_money: float = np.inf,
    ) -> None:
        self.problem = problem
        self.parts = parts_of(problem, elastic=elastic, directed=bool(binding))
        self.composition = composition_of(self.parts)
        self.template = self.composition.template
        self._number = {part.key: i for i, part in enumerate(self.parts)}
        program = LinearProgram.stamped(
            self.template, self.template.vector([p.parameters for p in self.parts])
        )
        if binding:
            program = program.with_integers(self._binary_columns(binding))
        if elastic:
            weights = self._violation_weights()
            never = np.isinf(weights)
            program = program.with_objective("violation", np.where(never, 0.0, weights))
            program = program.without(np.flatnonzero(never))
        for name, coefficients in self._ranked():
            program = program.with_objective(name, coefficients)
        if problem.emissions.has_budget:
            program = program.with_objective("emissions", *self._emitted())
        self.program = program.with_ceiling("money", most_money) if np.isfinite(most_money) else program

    def part(self, kind: str, name: str) -> Part:
        """One part."""
        return self.parts[self._number[key(kind, name)]]

    def columns(self, part: str, variable: str) -> Index:
        """The columns of a variable, by the key of its part."""
        return self.template.columns[self._number[part], variable]

    def plan(self, x: Array) -> tuple[Plan, Where]:
        """The plan of a point, and where a storage, or a flow whose prices pay for it, goes both ways."""
        x = x.copy()
        for storage in self.problem.storages:
            charge, discharge = self._directions(storage)
            # without losses, charging and discharging at once changes nothing
            lossless = np.abs(storage.charge_gain - storage.discharge_loss) <= 1e-12 * storage.discharge_loss
            netted = np.where(lossless, np.minimum(x[charge], x[discharge]), 0.0)
            x[charge] = np.clip(x[charge] - netted, 0, storage.charge_limit_kw)
            x[discharge] = np.clip(x[discharge] - netted, 0, storage.discharge_limit_kw)
        directions = [self._directions(storage) for storage in self.problem.storages]
        plan = Plan(
            self.problem,
            [x[charge] for charge, _ in directions],
            [x[discharge] for _, discharge in directions],
            [self._running(p, x) for p in self.problem.processes],
            tuple(self._added(number, addition, x) for number, addition in self._additions),
        )
        return plan, plan.both_ways() | self._prices_both_ways(x)

    def carried(self, before: Formulation, x: Array) -> Array:
        """A point of another formulation of the problem, at which no power goes both ways, as one of this."""
        point = np.zeros(self.template.column_lower.size)
        for name, columns in self.template.columns.items():
            if name in before.template.columns:
                point[columns] = x[before.template.columns[name]]
        for storage in self.problem.storages:
            number = self._number[key("storage", storage.name)]
            if (number, "charging") not in before.template.columns:
                charging = self.template.columns.get((number, "charging"), np.empty(0, np.intp))
                point[charging] = (
                    x[before.columns(key("storage", storage.name), "charge")][: charging.size] > 0
                )
        return point

    def fixed(self, program: LinearProgram, x: Array, both_ways: Where) -> LinearProgram:
        """The program with each of these directions fixed by the sign of the net power at x."""
        lower, upper = program.col_lower.copy(), program.col_upper.copy()
        for storage in self.problem.storages:
            steps = _steps(both_ways, storage.name)
            charge, discharge = (columns[steps] for columns in self._directions(storage))
            upper[np.where(x[charge] >= x[discharge], discharge, charge)] = 0.0
        for concave in self._concave:
            steps = _steps(both_ways, concave.where)
            negative = self.columns(concave.part, f"{concave.name}.negative")[steps]
            flow = x[self.columns(concave.part, "net")[steps]] - concave.baseline_kw[steps]
            lower[negative] = upper[negative] = flow < 0
        return program.with_bounds(lower, upper)

    def process_columns(self, process: Process) -> Index:
        """The columns (T,) that say when a process starts, or runs if it is BREAKABLE."""
        return self.columns(key("process", process.name), "runs" if process.breakable else "start")

    @property
    def choices(self) -> tuple[Index, Index]:
        """The integer columns that say when processes run, and all others: which way power goes."""
        chosen = [self.process_columns(process) for process in self.problem.processes]
        times = np.concatenate([*chosen, np.empty(0, np.intp)])
        return times, np.setdiff1d(np.flatnonzero(self.program.integer), times)

    def only_choice(self, program: LinearProgram) -> Index | None:
        """The columns of which exactly one is 1, where there is no other choice in a program."""
        for process in self.problem.processes:
            columns = self.process_columns(process)
            whole = not process.breakable and process.runs == 1
            if whole and program.integer[columns].all() and program.integer.sum() == columns.size:
                return columns
        return None

    def beside(self, process: Process, plan: Plan) -> LinearProgram:
        """The program with all processes but this one as in a plan."""
        placed = zip(self.problem.processes, plan.process_runs, strict=True)
        return self.placed(self.program, {other.name: runs for other, runs in placed if other is not process})

    def freed(self, program: LinearProgram, process: Process) -> LinearProgram:
        """The program with the time of this process left open."""
        columns = self.process_columns(process)
        lower, upper, integer = program.col_lower.copy(), program.col_upper.copy(), program.integer.copy()
        lower[columns], upper[columns] = self.program.col_lower[columns], self.program.col_upper[columns]
        integer[columns] = True
        return replace(program, col_lower=lower, col_upper=upper, integer=integer)

    def placed(self, program: LinearProgram, runs: Mapping[str, Runs]) -> LinearProgram:
        """The program with these processes placed, and no choice of time left for them."""
        lower, upper, integer = program.col_lower.copy(), program.col_upper.copy(), program.integer.copy()
        for process in self.problem.processes:
            if process.name in runs:
                columns = self.process_columns(process)
                chosen = [
                    np.arange(r.first, r.end) if process.breakable else [r.first] for r in runs[process.name]
                ]
                lower[columns] = upper[columns] = 0.0
                at = columns[np.concatenate(chosen)]
                lower[at] = upper[at] = 1.0
                integer[columns] = False
        return replace(program, col_lower=lower, col_upper=upper, integer=integer)

    def marginal_price(self, solution: Solution, connection: str = SITE) -> Array:
        """What one more kWh of consumption costs in each step, (T,): the dual of the power balance."""
        family = self.template.rows[self._number[connection], "power_balance"]
        price = np.zeros(self.problem.grid.n)
        price[family.steps] = solution.row_duals[family.index] / self.problem.grid.hours
        return price

    def reliefs(self) -> dict[Name, Index]:
        """Columns of what each limit gives way by, one per step."""
        return {
            (i, name.removesuffix(RELIEF)): columns
            for (i, name), columns in self.template.columns.items()
            if name.endswith(RELIEF)
        }

    def component(self, family: Name) -> str:
        """What a family of constraints belongs to: "site", or the name of a device."""
        return self.parts[family[0]].name

    @property
    def ranked(self) -> tuple[str, ...]:
        """Objectives of priorities, in their order: each counts only where all before it leave a choice."""
        return tuple(name for name, _ in self._ranked())

    def _ranked(self) -> Iterator[tuple[str, Array]]:
        """For each priority, to serve its devices sooner, and then alike."""
        for priority in self.problem.priorities:
            sooner, alike = np.zeros((2, self.template.column_lower.size))
            for one in served_of(self.problem, priority):
                sooner[self.columns(one.part, one.variable)] = -1.0
            alike[self.columns(key("sharing", str(priority.rank)), "apart")] = 1.0
            yield f"priority {priority.rank}, sooner", sooner
            yield f"priority {priority.rank}, alike", alike

    def _emitted(self) -> tuple[Array, float]:
        """kg of CO2 as an objective: its coefficients, and what is emitted whatever is done."""
        coefficients, constant = np.zeros(self.template.column_lower.size), 0.0
        for i, part in enumerate(self.parts):
            template = part_template(part.shape)
            if (port := template.ports.get("emitted")) is None:
                continue
            numbers = template.numbers(template.vector([part.parameters]))
            own = coefficients[self.composition.columns[i]]
            np.add.at(own, port.columns, numbers[port.coefficients])
            constant += float(numbers[port.constants].sum())
        return coefficients, constant

    def _violation_weights(self) -> Array:
        """What a unit of each relief counts; infinite where a limit must hold in any plan."""
        weights = np.zeros(self.template.column_lower.size)
        for family, columns in self.reliefs().items():
            weights[columns] = self.template.limits[family].weight
        return weights

    @cached_property
    def _additions(self) -> list[tuple[int, Addition]]:
        """What plugins added, by the number of its part."""
        parts = [a.part(self.problem, elastic=False) for a in self.problem.additions]
        return [(self._number[part.key], a) for part, a in zip(parts, self.problem.additions, strict=True)]

    def _added(self, number: int, addition: Addition, x: Array) -> Added:
        """What an addition does at a point, by its own part of the program."""
        part, columns = self.parts[number], self.composition.columns[number]
        template = part_template(part.shape)
        numbers = template.numbers(template.vector([part.parameters]))
        own = x[columns]
        money = template.sections(numbers)
        cost = float(money["money"] @ own + money["money_offset"][0])
        power = None if addition.power is None else template.flow("power", numbers, own)
        unrelieved = x.copy()
        for relief in self.reliefs().values():
            unrelieved[relief] = 0.0
        violation = self.program.violation(unrelieved, self.composition.rows[number], columns)
        return Added(addition.device, power, cost, violation)

    def _directions(self, storage: Storage) -> tuple[Index, Index]:
        part = key("storage", storage.name)
        return self.columns(part, "charge"), self.columns(part, "discharge")

    def _binary_columns(self, binding: Where) -> Index:
        """The columns that say which way the power goes, where they bind."""
        found = [
            self.columns(key("storage", storage.name), "charging")[_steps(binding, storage.name)]
            for storage in self.problem.storages
        ]
        found += [
            self.columns(concave.part, f"{concave.name}.negative")[_steps(binding, concave.where)]
            for concave in self._concave
        ]
        return np.concatenate(found)

    def _prices_both_ways(self, x: Array) -> Where:
        found: set[tuple[str, int]] = set()
        for concave in self._concave:
            flow = x[self.columns(concave.part, "net")] - concave.baseline_kw
            below = x[self.columns(concave.part, f"{concave.name}.below")]
            paid = np.flatnonzero((below > np.maximum(-flow, 0.0) + BOTH_WAYS) & concave.rebated)
            found.update((concave.where, int(t)) for t in paid)
        return frozenset(found)

    @cached_property
    def _concave(self) -> tuple[_Concave, ...]:
        """The flows that are paid more below their baseline than above."""
        return tuple(
            _Concave(
                part.key,
                flow.name,
                part.parameters[f"{flow.name}.baseline"],
                part.parameters[f"{flow.name}.rebate"] > 0,
            )
            for part in self.parts
            if isinstance(part.shape, MeterShape)
            for flow in part.shape.flows
            if flow.concave
        )

    def _running(self, process: Process, x: Array) -> Runs:
        """When a process runs at a point."""
        chosen = x[self.process_columns(process)] > 0.5
        if not process.breakable:
            return tuple(Run(int(first), process.steps) for first in np.flatnonzero(chosen))
        change = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]])))
        return tuple(Run(int(a), int(b - a)) for a, b in zip(change[::2], change[1::2], strict=True))


def _steps(where: Where, name: str) -> Index:
    return np.array(sorted(t for flow, t in where if flow == name), np.intp)
