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
    """A unit such as "kW", "EUR/MWh", "%", "W/m2" or "degC"; a code of three capitals is a currency of its own.

    Raises ValueError where the text is no unit.
    """
    registry = _registry()
    for code in re.findall(r"\b[A-Z]{3}\b", text):
        if code not in registry:
            registry.define(f"{code} = [{code}]")
    try:
        return registry.Unit(re.sub(r"\b(m|cm|km)([23])\b", r"\1**\2", text))  # W/m2, as meters write it
    except Exception as error:  # pint raises half a dozen kinds, from its tokenizer too
        raise ValueError('is not a unit, for example "kW", "EUR/MWh" or "degC"') from error


def magnitude(text: str, unit: str) -> float:
    """The number of a quantity such as "6 kW" in the unit asked for. Raises ValueError."""
    number, given = quantity(text, f"6 {unit}")
    factor, offset = conversion(given, unit)
    return number * factor + offset


def quantity(text: str, example: str) -> tuple[float, str]:
    """Number and unit of a quantity such as "6 kW". Raises ValueError, which gives the example."""
    match = re.fullmatch(r"\s*([-+]?[0-9.]+(?:e[-+]?[0-9]+)?)\s*(\D.*)", text)
    if match is None:
        raise ValueError(f'is not a quantity with a unit, for example "{example}"')
    try:
        return float(match[1]), match[2].strip()
    except ValueError:
        raise ValueError(f'is not a quantity with a unit, for example "{example}"') from None


def conversion(
    source: str, target: str, resolution: timedelta | None = None, capacity: str | None = None
) -> tuple[float, float]:
    """(factor, offset) such that value in `target` = value in `source` · factor + offset.

    Energy per step, as many meters give it, becomes mean power when the resolution of the steps is given, and
    mean power becomes energy per step. A share of a `capacity` such as "60 kWh" becomes what it is a share of,
    and the other way round. Raises ValueError where no conversion exists.
    """
    given, wanted = 1.0 * parse_unit(source), 1.0 * parse_unit(target)
    if capacity is not None and given.dimensionless != wanted.dimensionless:
        number, unit = quantity(capacity, "60 kWh")
        whole = number * parse_unit(unit)
        given, wanted = (given * whole, wanted) if given.dimensionless else (given, wanted * whole)
    if resolution is not None and (per := _per_step(given.units, wanted.units)):
        given = given * (_registry().Quantity(resolution / timedelta(hours=1), "hour") ** per)
    return _linear(given, wanted, target)


def becomes_total(source: str, target: str) -> bool | None:
    """Whether a conversion makes a total of an average (True), or an average of a total (False), or neither."""
    per = _per_step(parse_unit(source), parse_unit(target))
    return None if not per else per > 0


def _per_step(given: pint.Unit, wanted: pint.Unit) -> int:
    """-1 where a total over the step becomes a mean, 1 where a mean becomes a total, else 0."""
    hour = parse_unit("hour")
    if given.dimensionality == (wanted * hour).dimensionality:
        return -1
    return int((given * hour).dimensionality == wanted.dimensionality)


def _linear(given: pint.Quantity[Any], wanted: pint.Quantity[Any], target: str) -> tuple[float, float]:
    from pint import DimensionalityError

    quantity = _registry().Quantity
    try:
        offset = float(quantity(0.0, given.units).to(wanted.units).magnitude)
        factor = float(quantity(given.magnitude, given.units).to(wanted.units).magnitude) - offset
    except DimensionalityError as error:
        raise ValueError(f'cannot be turned into "{target}"') from error
    return factor / float(wanted.magnitude), offset / float(wanted.magnitude)
