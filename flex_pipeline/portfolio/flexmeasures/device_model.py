"""The flex-model of an exported device in our words: what FlexMeasures reads elsewhere is written out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import isodate

from flex_pipeline.portfolio.flex_model import PARTS_OF_SOC_MAX
from flex_pipeline.portfolio.flexmeasures.site_tree import ExportedDevice

IDENTITY = ("asset", "sensor")
ENERGIES = ("soc-max", *PARTS_OF_SOC_MAX)
DIRECTIONS = ("consumption-capacity", "production-capacity")
# of a power sensor, whose values are positive when it produces
ONE_WAY = {
    "is_strictly_non_positive": "production-capacity",
    "is_strictly_non_negative": "consumption-capacity",
}


def written_out(device: ExportedDevice, *, is_former: bool) -> dict[str, Any]:
    """A flex-model that means the same without the sensor and the version that it was stored with."""
    model = {name: value for name, value in device.flex_model.items() if name not in IDENTITY}
    if device.type == "process":
        return _with_power_unit(model, device)
    for attribute, closed in ONE_WAY.items():
        if device.attributes.get(attribute):
            model.setdefault(closed, "0 kW")
    if is_former:
        model = _with_both_directions(model)
    if device.power is None:
        return model
    if "soc-unit" not in model and any(_has_bare_number(model.get(name)) for name in ENERGIES):
        model["soc-unit"] = "MWh" if device.power.unit.startswith("M") else "kWh"
    is_fixed = "storage-efficiency" in model and not isinstance(model["storage-efficiency"], Mapping)
    if is_fixed and device.power.resolution > timedelta(0):
        model.setdefault("storage-efficiency-duration", isodate.duration_isoformat(device.power.resolution))
    return model


def _with_power_unit(model: dict[str, Any], device: ExportedDevice) -> dict[str, Any]:
    """The power of a process is a number in the unit of its sensor."""
    power = model.get("power")
    if isinstance(power, int | float) and device.power is not None:
        return model | {"power": f"{power} {device.power.unit}"}
    return model


def _with_both_directions(model: dict[str, Any]) -> dict[str, Any]:
    """Until 2024 a direction without a capacity of its own had the power-capacity, also beside one that had."""
    given = [name for name in DIRECTIONS if name in model]
    if len(given) != 1 or "power-capacity" not in model:
        return model
    return dict.fromkeys(DIRECTIONS, model["power-capacity"]) | model


def _has_bare_number(value: Any) -> bool:
    """Whether a number without a unit stands anywhere in a quantity."""
    if isinstance(value, Mapping):
        return "value" in value and _has_bare_number(value["value"])
    if isinstance(value, list):
        return any(_has_bare_number(item) for item in value)
    if isinstance(value, str):
        return value.strip().replace(".", "", 1).isdigit()
    return isinstance(value, int | float) and not isinstance(value, bool)
