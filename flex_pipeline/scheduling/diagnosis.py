"""Why a problem has no solution: what conflicts, when, and by how much at least one of them must give way."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.formulation import Formulation
from flex_pipeline.scheduling.linear_program import conflict
from flex_pipeline.scheduling.problem import Problem
from flex_pipeline.scheduling.reading.arrays import Notes
from flex_pipeline.scheduling.search import Found

Array = NDArray[np.float64]

NOTICEABLE = 1e-6  # kW or kWh

FIELD = {
    "soc_floor": ("soc-min", "short", "kWh"),
    "soc_ceiling": ("soc-max", "exceeded", "kWh"),
    "soc_minima": ("soc-minima", "short", "kWh"),
    "soc_maxima": ("soc-maxima", "exceeded", "kWh"),
    "soc_targets_short": ("soc-targets", "short", "kWh"),
    "soc_targets_over": ("soc-targets", "exceeded", "kWh"),
    "site_import_limit": ("site-power-capacity or site-consumption-capacity", "exceeded", "kW"),
    "site_export_limit": ("site-power-capacity or site-production-capacity", "exceeded", "kW"),
}


BOUND = {"charge": "charge_limit", "discharge": "discharge_limit"}


def diagnose(strict: Formulation, least: Found) -> str:
    """What gives way in the least-violating plan, and which constraints cannot hold together."""
    families = _conflicting(strict)
    together = f". These cannot hold together: {', '.join(families)}" if families else ""
    return "; ".join(_given_way(least)) + together


def _given_way(least: Found) -> list[str]:
    from pyomo.environ import Var

    formulation, x = least.formulation, least.solution.x
    assert x is not None
    sentences = []
    for variables in formulation.model.component_objects(Var):
        family = variables.local_name.removesuffix("_relief")
        if family not in FIELD:
            continue
        amounts = np.zeros(formulation.problem.grid.n)
        for t in variables:
            amounts[t] = formulation.value(variables[t], x)
        if (amounts > NOTICEABLE).any():
            sentences.append(_sentence(formulation.problem, variables, family, amounts))
    return sentences


def _sentence(problem: Problem, variables: Any, family: str, amounts: Array) -> str:
    field, verb, unit = FIELD[family]
    if unit == "kW":
        when, subject = Notes(problem.grid, problem.timezone).hours(amounts > NOTICEABLE), "the site"
    else:
        steps = np.flatnonzero(amounts > NOTICEABLE)
        times = [f"{problem.grid.local(int(t) + 1, problem.timezone):%Y-%m-%d %H:%M}" for t in steps]
        when = f"at {times[0]}" if len(times) == 1 else f"from {times[0]} to {times[-1]}"
        subject = problem.stocks[variables.parent_block().index()].name
    return f"{field} of {subject} is {verb} by up to {amounts.max():.6g} {unit} {when}"


def _conflicting(strict: Formulation) -> list[str]:
    """Names of the families and limits in a smallest conflict."""
    names = dict.fromkeys(component.parent_component().local_name for component in conflict(strict.program))
    variables = {variable.parent_component().local_name for variable in strict.program.variables}
    return [BOUND.get(name, name) for name in names if name in BOUND or name not in variables]
