"""Why a problem has no solution: what conflicts, when and by how much, and which single change would help."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.flex_context import ELECTRICITY
from flex_pipeline.scheduling.formulation import Formulation
from flex_pipeline.scheduling.highs import conflict, solve_program
from flex_pipeline.scheduling.limits import Limit
from flex_pipeline.scheduling.linear_program import LinearProgram
from flex_pipeline.scheduling.parts.part import SITE
from flex_pipeline.scheduling.problem import Problem
from flex_pipeline.scheduling.reading.arrays import Notes
from flex_pipeline.scheduling.search import Found
from flex_pipeline.scheduling.template import Index, Name

Array = NDArray[np.float64]
NOTICEABLE = 1e-6  # kW, kWh or kg
IMPORT = "site_import_limit"
KINDS = {"site": "the connection for", "group": "the group", "coupling": "the converter"}


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
    steps = formulation.template.rows[family].steps[amounts > NOTICEABLE]
    when = _when(formulation.problem, steps, limit)
    most = f"{amounts.max():.6g} {limit.unit}"
    if (node := _internal(formulation, family)) is not None:
        too = "too little" if family[1] == IMPORT else "too much"
        return f"{node} has no connection, and its devices deliver up to {most} {too} {when}"
    return (
        f"{limit.field} of {_subject(formulation, family)} is {limit.broken} by up to {most} {when}".rstrip()
    )


def _conflict(formulation: Formulation, rigid: LinearProgram) -> dict[Name, str]:
    """The families of a smallest conflict, and when each of them takes part in it."""
    rows = set(conflict(rigid).tolist())
    found = {}
    for name, family in formulation.template.rows.items():
        steps = family.steps[[row in rows for row in family.index.tolist()]]
        if steps.size:
            found[name] = _when(formulation.problem, steps, formulation.template.limits.get(name))
    return found


def _smallest_change(rigid: LinearProgram, reliefs: Index) -> float | None:
    """By how much a limit would have to change at all of its steps, if it alone were changed; None: it cannot help."""
    solution = solve_program(rigid.with_one_for_all(reliefs), "change", time_limit_s=5.0)
    return None if solution.x is None else float(solution.x[-1])


def _change(formulation: Formulation, family: Name, amount: float | None) -> str:
    limit = formulation.template.limits[family]
    named = f"{limit.field} of {_subject(formulation, family)}"
    if amount is None:
        return named
    if (node := _internal(formulation, family)) is not None:
        way, others = ("consumption", "production") if family[1] == IMPORT else ("production", "consumption")
        members = ", ".join(sorted(_flexible(formulation.problem, node)))
        return (
            f"giving {node} a connection with a site-{way}-capacity of {amount:.6g} {limit.unit}, or its devices "
            f"({members}) that much more {others}-capacity"
        )
    to = f", to {_budget_kg(formulation, family) + amount:.6g} kg" if limit.unit == "kg" else ""
    return f"{limit.remedy} {named} by {amount:.6g} {limit.unit}{to}"


def _budget_kg(formulation: Formulation, family: Name) -> float:
    """What a budget of CO2 is now."""
    parameters = formulation.parts[family[0]].parameters
    return float(parameters["most_kg" if family[1] == "emissions_budget" else "most_kg_a_day"][0])


def _internal(formulation: Formulation, family: Name) -> str | None:
    """The commodity whose balance a limit is, where it has no connection: what some devices deliver, others take."""
    part = formulation.parts[family[0]]
    bounds = [part.parameters.get(name, np.ones(1)) for name in ("import_kw", "export_kw")]
    return part.name if part.kind == "site" and not np.any(bounds) else None


def _flexible(problem: Problem, commodity: str) -> Iterator[str]:
    """Devices on a commodity whose power is to be decided."""
    return (s.name for s in problem.storages if problem.commodity.get(s.name, ELECTRICITY) == commodity)


def _subject(formulation: Formulation, family: Name) -> str:
    part = formulation.parts[family[0]]
    if part.key == SITE or part.kind == "emissions":
        return "the site"
    if _internal(formulation, family) is not None:
        return f"{part.name}, which has no connection"
    return f"{KINDS[part.kind]} {part.name}" if part.kind in KINDS else part.name


def _when(problem: Problem, steps: Index, limit: Limit | None) -> str:
    """States of charge are at the end of a step, powers last for one, budgets for a day or the whole horizon."""
    steps = np.sort(steps[steps >= 0])
    unit = "kW" if limit is None else limit.unit
    if not steps.size or (limit is not None and limit.field == "emissions-budget"):
        return ""
    if unit == "kg":
        days = sorted({f"{problem.grid.local(int(t), problem.timezone):%Y-%m-%d}" for t in steps})
        return f"on {', '.join(days)}"
    if unit != "kWh":
        marked = np.zeros(problem.grid.n, np.bool_)
        marked[steps] = True
        return Notes(problem.grid, problem.timezone).hours(marked)
    first, last = (
        f"{problem.grid.local(int(t) + 1, problem.timezone):%Y-%m-%d %H:%M}" for t in steps[[0, -1]]
    )
    return f"at {first}" if first == last else f"from {first} to {last}"
