"""What no schedule could keep, found before one is sought: each with its field and time.

Only what contradicts itself is refused. What merely cannot be reached is for the solver to diagnose.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.problem import SocStatement, Stock, Storage
from flex_pipeline.scheduling.reading.arrays import Fields

Array = NDArray[np.float64]


class _Asked(NamedTuple):
    """A statement about the state of charge, (T,) kWh, NaN where nothing is asked."""

    field: str
    kwh: Array
    hard: bool


def refuse_contradictions(model: Fields, stock: Stock) -> None:
    """Faults for hard statements that exclude each other, notices where soft ones do."""
    floor, ceiling = _Asked("soc-min", stock.floor_kwh, True), _Asked("soc-max", stock.ceiling_kwh, True)
    minima, maxima = _asked("soc-minima", stock.minima), _asked("soc-maxima", stock.maxima)
    targets = _asked("soc-targets", stock.targets)
    _exclude(model, minima, "above", maxima)
    for lower in (floor, minima):
        _exclude(model, targets, "below", lower)
    for upper in (ceiling, maxima):
        _exclude(model, targets, "above", upper)
    for bound, side in ((floor, "below"), (ceiling, "above")):
        if _beyond(np.full(1, stock.start_kwh), side, bound.kwh[:1]).any():
            model.notice(
                "soc-at-start",
                f"is {stock.start_kwh:g} kWh, {side} {bound.field} of {bound.kwh[0]:g} kWh: "
                "the first step must make up for it",
            )


def refuse_impossible_power(model: Fields, storage: Storage) -> None:
    """Faults for modes and a minimum charging power that the capacities rule out."""
    hours = model.notes.hours
    if storage.modes_kw:
        fits = [
            (high >= -storage.discharge_limit_kw) & (low <= storage.charge_limit_kw)
            for low, high in storage.modes_kw
        ]
        if (none := ~np.logical_or.reduce(fits)).any():
            model.fault("operation-modes", f"allow no power within the capacities {hours(none)}")
    if storage.charge_minimum_kw is None:
        return
    may = storage.charge_limit_kw > 0
    shut = may & (storage.charge_minimum_kw > storage.charge_limit_kw)
    if may.any() and (shut == may).all():
        model.fault("minimum-charging-power", "is above the capacity throughout: it could never charge")
    elif shut.any():
        model.notice("minimum-charging-power", f"is above the capacity {hours(shut)}: it cannot charge then")


def tell_energy_from_nothing(model: Fields, roundtrip: Array, both_ways: NDArray[np.bool_]) -> None:
    """A notice for a device that gives back more than it takes in: what a COP does to one that may produce."""
    if (gains := both_ways & (roundtrip > 1 + 1e-9)).any():
        model.notice(
            "charging-efficiency",
            f"gives back more than it takes in {model.notes.hours(gains)}: state a production-capacity of 0 kW "
            "where it cannot",
        )


def _asked(field: str, statement: SocStatement | None) -> _Asked:
    if statement is None:
        return _Asked(field, np.full(1, np.nan), False)
    return _Asked(field, statement.kwh, statement.price is None)


def _exclude(model: Fields, asked: _Asked, side: str, bound: _Asked) -> None:
    beyond = _beyond(asked.kwh, side, bound.kwh)
    if not beyond.any():
        return
    step = int(np.argmax(beyond))
    kwh, limit = (float(np.broadcast_to(x.kwh, beyond.shape)[step]) for x in (asked, bound))
    message = f"is {kwh:g} kWh at {model.notes.ends(beyond)}, {side} {bound.field} of {limit:g} kWh"
    if asked.hard and bound.hard:
        model.fault(asked.field, message)
    else:
        model.notice(asked.field, f"{message}: not both can be kept")


def _beyond(kwh: Array, side: str, bound: Array) -> NDArray[np.bool_]:
    """Where something lies above or below a bound; nowhere where either is not stated."""
    return kwh > bound + 1e-9 if side == "above" else kwh < bound - 1e-9
