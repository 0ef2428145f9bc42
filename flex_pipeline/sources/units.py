"""From the unit of a source to the unit of a sensor."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pint


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry[Any]:
    import pint

    return pint.UnitRegistry()


def parse_unit(text: str) -> pint.Unit:
    """A unit such as "kW", "EUR/MWh", "%" or "degC"; a code of three capitals is a currency of its own.

    Raises ValueError where the text is no unit.
    """
    registry = _registry()
    for code in re.findall(r"\b[A-Z]{3}\b", text):
        if code not in registry:
            registry.define(f"{code} = [{code}]")
    try:
        return registry.Unit(text)
    except Exception as error:  # pint raises half a dozen kinds, from its tokenizer too
        raise ValueError('is not a unit, for example "kW", "EUR/MWh" or "degC"') from error


def magnitude(text: str, unit: str) -> float:
    """The number of a quantity such as "6 kW" in the unit asked for. Raises ValueError."""
    match = re.fullmatch(r"\s*([-+]?[0-9.]+(?:e[-+]?[0-9]+)?)\s*(\D.*)", text)
    if match is None:
        raise ValueError(f'is not a quantity with a unit, for example "6 {unit}"')
    factor, offset = conversion(match[2].strip(), unit)
    return float(match[1]) * factor + offset


def conversion(source: str, target: str, resolution: timedelta | None = None) -> tuple[float, float]:
    """(factor, offset) such that value in `target` = value in `source` · factor + offset.

    Energy per step, as many meters give it, becomes mean power when the resolution of the steps is given.
    Raises ValueError where no conversion exists.
    """
    from pint import DimensionalityError

    given, wanted = parse_unit(source), parse_unit(target)
    hour = parse_unit("hour")
    if resolution is not None and given.dimensionality == (wanted * hour).dimensionality:
        given, per_hour = given / hour, timedelta(hours=1) / resolution
    else:
        per_hour = 1.0
    quantity = _registry().Quantity
    try:
        offset = float(quantity(0.0, given).to(wanted).magnitude)
        factor = float(quantity(1.0, given).to(wanted).magnitude) - offset
    except DimensionalityError as error:
        raise ValueError(f'cannot be turned into "{target}"') from error
    return factor * per_hour, offset
