"""The stock that a plan starts from: as measured, else as the plan of the day before leaves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flex_pipeline.planning.horizon import Horizon
from flex_pipeline.portfolio.portfolio import Device, Portfolio
from flex_pipeline.scheduling.reading.start import NEAR
from flex_pipeline.timeseries.units import measures, parse_quantity, unit_inside

MARGIN = 1.2  # measured, lost and rounded: a stock moves by more than power-capacity says


def measured_by(device: Device) -> str | None:
    """The sensor of a device's state of charge, if it has one."""
    given = device.flex_model.get("state-of-charge")
    return str(given["sensor"]) if isinstance(given, Mapping) and "sensor" in given else None


def fastest_changes(portfolio: Portfolio) -> dict[str, float]:
    """By sensor of kind soc, by how much of its unit an hour it can change; those of which nobody knows lack.

    A device that is also filled or emptied by others than itself, or whose capacity varies, says nothing.
    """
    found = {}
    for device in portfolio.devices:
        sensor, model = measured_by(device), device.flex_model
        moved_by_others = {"soc-gain", "soc-usage", "charging-efficiency"} & model.keys()
        shared = any(other.shares_stock_of == device.name for other in portfolio.devices)
        if sensor is None or moved_by_others or shared or not isinstance(model.get("power-capacity"), str):
            continue
        kw = parse_quantity(model["power-capacity"], "power").value
        unit = portfolio.sensors[sensor].unit
        if measures(unit, "energy"):
            found[sensor] = MARGIN * kw / unit_inside(unit, "energy").value
        elif "soc-max" in model:
            share = kw / parse_quantity(model["soc-max"], "energy").value
            found[sensor] = MARGIN * share / unit_inside(unit, "ratio").value
    return found


def with_start(
    device: Device, model: dict[str, Any], measured: Sequence[Mapping[str, Any]], carried_kwh: float | None
) -> dict[str, Any]:
    """The flex-model with what is known of the stock at its start.

    `measured`: instants and values that were known at the planning time, near the start. They go before the
    stock that the plan of the day before leaves, which goes before what the flex-model states.
    """
    stated = {name: value for name, value in model.items() if name != "state-of-charge"}
    if measured:
        stated.pop("soc-at-start", None)  # or it would go before the measurement
        return stated | {"state-of-charge": list(measured)}
    if carried_kwh is not None and device.shares_stock_of is None:
        return stated | {"soc-at-start": f"{carried_kwh:.9g} kWh"}
    return stated if measured_by(device) else model


def start_notice(device: Device, model: Mapping[str, Any], carried_kwh: float | None) -> str | None:
    """What a plan says of a device whose state of charge is measured, but was not known at its start."""
    if measured_by(device) is None or "state-of-charge" in model:
        return None  # a measured start is told of where it is read
    start = model.get("soc-at-start", "0 kWh")
    why = "the flex-model states" if carried_kwh is None else "the plan of the day before leaves"
    return f"{device.name}.soc-at-start: is {start}, which {why}: nothing was measured near the start"


def near_start(horizon: Horizon, step: timedelta) -> tuple[datetime, datetime]:
    """The first and the last instant at which a measurement speaks for the start."""
    return horizon.start - NEAR * step, horizon.start + NEAR * step
