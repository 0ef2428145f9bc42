"""Why a problem has no solution: what conflicts, when and by how much, and which single change would help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.formulation import Formulation
from flex_pipeline.scheduling.highs import conflict, solve_program
from flex_pipeline.scheduling.linear_program import LinearProgram
from flex_pipeline.scheduling.parts.part import SITE
from flex_pipeline.scheduling.problem import Problem
from flex_pipeline.scheduling.reading.arrays import Notes
from flex_pipeline.scheduling.search import Found
from flex_pipeline.scheduling.template import Index, Name

Array = NDArray[np.float64]
NOTICEABLE = 1e-6  # kW or kWh


@dataclass(frozen=True)
class Diagnosis:
    """What stands in the way.

    `broken`: what the least-violating plan does not keep, and by how much. `conflict`: a smallest set of constraints
    that cannot hold together. `remedies`: single changes, each of which would be enough, with the smallest amount.
    `useless`: limits in the conflict that would not help if they alone were changed.
    """

    broken: tuple[str, ...]
    conflict: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    useless: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One sentence each."""
        sentences = [
            "; ".join(self.broken),
            f"these cannot hold together: {', '.join(self.conflict)}" if self.conflict else "",
            f"it would be enough: {'; or '.join(self.remedies)}" if self.remedies else "",
            f"of no help alone: {', '.join(self.useless)}" if self.useless else "",
        ]
        return ". ".join(filter(None, sentences))


def diagnose(least: Found) -> Diagnosis:
    """From the least-violating plan of an elastic formulation."""
    formulation, x = least.formulation, least.solution.x
    assert x is not None
    reliefs = formulation.reliefs()
    broken = [
        _broken(formulation, family, x[columns])
        for family, columns in reliefs.items()
        if (x[columns] > NOTICEABLE).any()
    ]
    rigid = formulation.program.without(np.concatenate(list(reliefs.values())))
    families = _conflict(formulation, rigid)
    remedies: list[str] = []
    useless: list[str] = []
    for family in families:
        if family in reliefs:
            amount = _smallest_change(rigid, reliefs[family])
            (useless if amount is None else remedies).append(_change(formulation, family, amount))
    return Diagnosis(
        tuple(broken),
        tuple(
            f"{name} of {_subject(formulation, (i, name))} {when}".strip()
            for (i, name), when in families.items()
        ),
        tuple(remedies),
        tuple(useless),
    )


def _broken(formulation: Formulation, family: Name, amounts: Array) -> str:
    limit = formulation.template.limits[family]
    when = _when(formulation.problem, np.flatnonzero(amounts > NOTICEABLE), limit.unit)
    most = f"{amounts.max():.6g} {limit.unit}"
    return f"{limit.field} of {_subject(formulation, family)} is {limit.broken} by up to {most} {when}"


def _conflict(formulation: Formulation, rigid: LinearProgram) -> dict[Name, str]:
    """The families of a smallest conflict, and when each of them takes part in it."""
    rows = set(conflict(rigid).tolist())
    found = {}
    for name, family in formulation.template.rows.items():
        steps = family.steps[[row in rows for row in family.index.tolist()]]
        if steps.size:
            limit = formulation.template.limits.get(name)
            found[name] = _when(formulation.problem, steps, "kW" if limit is None else limit.unit)
    return found


def _smallest_change(rigid: LinearProgram, reliefs: Index) -> float | None:
    """By how much a limit would have to change at all of its steps, if it alone were changed; None: it cannot help."""
    solution = solve_program(rigid.with_one_for_all(reliefs), "change", time_limit_s=5.0)
    return None if solution.x is None else float(solution.x[-1])


def _change(formulation: Formulation, family: Name, amount: float | None) -> str:
    limit = formulation.template.limits[family]
    named = f"{limit.field} of {_subject(formulation, family)}"
    return named if amount is None else f"{limit.remedy} {named} by {amount:.6g} {limit.unit}"


def _subject(formulation: Formulation, family: Name) -> str:
    part = formulation.parts[family[0]]
    if part.kind != "site":
        return part.name
    return "the site" if part.key == SITE else f"the connection for {part.name}"


def _when(problem: Problem, steps: Index, unit: str) -> str:
    """States of charge are at the end of a step, powers last for one."""
    steps = np.sort(steps[steps >= 0])
    if not steps.size:
        return ""
    if unit != "kWh":
        marked = np.zeros(problem.grid.n, np.bool_)
        marked[steps] = True
        return Notes(problem.grid, problem.timezone).hours(marked)
    first, last = (
        f"{problem.grid.local(int(t) + 1, problem.timezone):%Y-%m-%d %H:%M}" for t in steps[[0, -1]]
    )
    return f"at {first}" if first == last else f"from {first} to {last}"
