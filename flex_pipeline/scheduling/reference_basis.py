"""Where the simplex method starts: at the optimum of a typical day of the same composition.

It is the same for all problems of a composition, whichever were solved before: so no schedule depends on the order of
a batch. A typical day has two dear hours, a load in the evening and sun at noon.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from flex_pipeline.scheduling.highs import Simplex
from flex_pipeline.scheduling.linear_program import LinearProgram
from flex_pipeline.scheduling.parts.coupling import CouplingShape
from flex_pipeline.scheduling.parts.part import Array, Shape
from flex_pipeline.scheduling.template import Template

Curve = Callable[[Array], Array]  # of the hour of the day


def _price(hour: Array) -> Array:
    within = np.floor(hour) + 0.5  # of an hour, as markets have it
    morning, noon, evening = (np.exp(-(((within - at) / 3.5) ** 2)) for at in (8, 13, 19.5))
    return 0.1 + 0.035 * morning - 0.045 * noon + 0.06 * evening


def _load(hour: Array) -> Array:
    evening, sun = np.exp(-(((hour - 19) / 2) ** 2)), np.maximum(np.sin((hour - 6) / 12 * np.pi), 0)
    return 0.5 + 1.2 * evening - 1.5 * sun


TYPICAL: dict[str, float | Curve] = {
    "slope": _price,
    "kink": 0.035,
    "rebate": 0.0,
    "baseline": 0.0,
    "at_zero": 0.0,
    "low": -5.0,
    "high": 5.0,
    "fixed": _load,
    "import_kw": 20.0,
    "export_kw": 20.0,
    "limit": 2.0,
    "price": 1.0,
    "highest_price": 1.0,
    "charge_kw": 4.0,
    "discharge_kw": 4.0,
    "produce_sooner": 0.0,
    "wear_price": 0.01,
    "retention": 1.0,
    "carried_in": 4.0,
    "external": 0.0,
    "soc_min": 1.0,
    "soc_max": 10.0,
    "soc_minima_kwh": -np.inf,
    "soc_maxima_kwh": np.inf,
    "target_low": -np.inf,
    "target_high": np.inf,
    "fill_sooner": 0.0,
    "end_value": 0.0,
    "most_kg": np.inf,
    "most_kg_a_day": np.inf,
}
NUMBERED = re.compile(r"_\d+$")  # one of several devices that a part compares or couples
GIVEN_PART = 0.9  # of what a converter takes
EFFICIENCY = {"charge_gain": 0.95, "discharge_loss": 1 / 0.95}


def reference_basis(template: Template, shapes: Sequence[Shape]) -> Any:
    """The basis of HiGHS at the typical optimum; None where integers or unknown numbers forbid it.

    The numbers by which devices of a priority are compared are left unknown: without a basis, what prepares the program
    drops all of their rows (six devices: 17 ms, with a basis 22 ms).
    """
    if template.integer.any():
        return None
    values = []
    for part, name, size in template.parameters:
        found = _typical(name.rpartition(".")[2], shapes[part], size)
        if found is None:
            return None
        values.append(found)
    simplex = Simplex()
    simplex.minimise(
        LinearProgram.stamped(template, np.concatenate(values)), "money", feasible=False, time_limit_s=10
    )
    return simplex.basis


def _typical(name: str, shape: Shape, size: int) -> Array | None:
    if name in EFFICIENCY:
        return np.full(size, shape.hours * EFFICIENCY[name])
    name, _, member = name.rpartition("_") if NUMBERED.search(name) else (name, "", "")
    if isinstance(shape, CouplingShape):
        return np.full(size, -GIVEN_PART if shape.gives[int(member)] else 1.0)
    given = TYPICAL.get(name)
    if given is None or isinstance(given, float):
        return None if given is None else np.full(size, given)
    return given(np.asarray((np.arange(size) + 0.5) * shape.hours % 24, float))
