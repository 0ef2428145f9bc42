"""Why a problem has no solution: what conflicts, when and by how much, and which single change would help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.formulation import Formulation
from flex_pipeline.scheduling.linear_program import LinearProgram, conflict, solve_program
from flex_pipeline.scheduling.problem import Problem
from flex_pipeline.scheduling.reading.arrays import Notes
from flex_pipeline.scheduling.search import Found
from flex_pipeline.scheduling.template import Index

Array = NDArray[np.float64]
Limit = tuple[str, str]  # the key of a part, and a family of constraints in it

NOTICEABLE = 1e-6  # kW or kWh


@dataclass(frozen=True)
class Wording:
    """How people call a limit: its field, what happens to it, what would help, and its unit."""

    field: str
    verb: str
    remedy: str
    unit: str


WORDING = {
    "soc_floor": Wording("soc-min", "short", "lowering", "kWh"),
    "soc_ceiling": Wording("soc-max", "exceeded", "raising", "kWh"),
    "soc_minima": Wording("soc-minima", "short", "lowering", "kWh"),
    "soc_maxima": Wording("soc-maxima", "exceeded", "raising", "kWh"),
    "soc_target_reached": Wording("soc-targets", "short", "lowering", "kWh"),
    "soc_target_kept": Wording("soc-targets", "exceeded", "raising", "kWh"),
    "charge_limit": Wording("power-capacity or consumption-capacity", "exceeded", "raising", "kW"),
    "discharge_limit": Wording("power-capacity or production-capacity", "exceeded", "raising", "kW"),
    "site_import_limit": Wording(
        "site-power-capacity or site-consumption-capacity", "exceeded", "raising", "kW"
    ),
    "site_export_limit": Wording(
        "site-power-capacity or site-production-capacity", "exceeded", "raising", "kW"
    ),
}


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
    broken = [
        _broken(formulation, limit, x[columns])
        for limit, columns in formulation.reliefs().items()
        if (x[columns] > NOTICEABLE).any()
    ]
    reliefs = formulation.reliefs()
    rigid = formulation.program.without(np.concatenate(list(reliefs.values())))
    families = _conflict(formulation, rigid)
    remedies, useless = [], []
    for limit in families:
        if limit in reliefs:
            amount = _smallest_change(rigid, reliefs[limit])
            (useless if amount is None else remedies).append(_change(formulation.problem, limit, amount))
    return Diagnosis(
        tuple(broken),
        tuple(f"{family} of {_subject(part)} {when}".strip() for (part, family), when in families.items()),
        tuple(remedies),
        tuple(useless),
    )


def _broken(formulation: Formulation, limit: Limit, amounts: Array) -> str:
    part, family = limit
    wording = _wording(family)
    when = _when(formulation.problem, np.flatnonzero(amounts > NOTICEABLE), wording.unit)
    most = f"{amounts.max():.6g} {wording.unit}"
    return f"{wording.field} of {_subject(part)} is {wording.verb} by up to {most} {when}"


def _conflict(formulation: Formulation, rigid: LinearProgram) -> dict[Limit, str]:
    """The families of a smallest conflict, and when each of them takes part in it."""
    rows = set(conflict(rigid).tolist())
    found = {}
    for (i, name), family in formulation.template.rows.items():
        steps = family.steps[[row in rows for row in family.index.tolist()]]
        if steps.size:
            unit = _wording(name).unit
            found[formulation.parts[i].key, name] = _when(formulation.problem, steps, unit)
    return found


def _smallest_change(rigid: LinearProgram, reliefs: Index) -> float | None:
    """By how much a limit would have to change at all of its steps, if it alone were changed; None: it cannot help."""
    solution = solve_program(rigid.with_one_for_all(reliefs), "change", time_limit_s=5.0)
    return None if solution.x is None else float(solution.x[-1])


def _change(problem: Problem, limit: Limit, amount: float | None) -> str:
    part, family = limit
    wording = _wording(family)
    named = f"{wording.field} of {_subject(part)}"
    return named if amount is None else f"{wording.remedy} {named} by {amount:.6g} {wording.unit}"


def _wording(family: str) -> Wording:
    return WORDING.get(family) or Wording(family, "broken", "relaxing", "")


def _subject(part: str) -> str:
    kind, _, name = part.partition(":")
    return "the site" if kind == "site" else name


def _when(problem: Problem, steps: Index, unit: str) -> str:
    """States of charge are at the end of a step, powers last for one."""
    steps = np.sort(steps[steps >= 0])
    if not steps.size:
        return ""
    if unit != "kWh":
        marked = np.zeros(problem.grid.n, np.bool_)
        marked[steps] = True
        return Notes(problem.grid, problem.timezone).hours(marked)
    first, last = (f"{problem.grid.local(int(t) + 1, problem.timezone):%Y-%m-%d %H:%M}" for t in steps[[0, -1]])
    return f"at {first}" if first == last else f"from {first} to {last}"
