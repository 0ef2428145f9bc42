"""Processes that run over midnight: what the day before has begun or placed is a fixed load of the day.

A process runs once for each day in which its window begins. What of it falls on the next day is no choice of that
day's plan: there it is a device of its own, and its power counts as that of the process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.portfolio import Device
from flex_pipeline.scheduling import Schedule

Array = NDArray[np.float64]

NIGHT = " of the night before"


def overnight_name(name: str) -> str:
    """What the rest of a process from the day before is called in a problem file."""
    return f"{name}{NIGHT}"


def planned_names(schedule: Schedule) -> list[str]:
    """The devices of a schedule, each with its runs of the night before as one, in the order of the problem."""
    return [name for name in schedule.devices if not name.endswith(NIGHT)]


def with_overnight(
    problem: Mapping[str, Any], devices: Sequence[Device], power_kw: Mapping[str, Sequence[float]]
) -> dict[str, Any]:
    """A problem file with what some processes, by device id, draw in its first steps, in place of what it has of it."""
    names = {overnight_name(device.name) for device in devices}
    others = [entry for entry in problem["devices"] if entry["name"] not in names]
    running = [device for device in devices if any(power_kw.get(device.device_id, ()))]
    return {**problem, "devices": [*others, *(_rest(problem, d, power_kw[d.device_id]) for d in running)]}


def whole_power(schedule: Schedule, name: str) -> Array:
    """Power of a device (T,) in kW, with the rest of its run of the night before."""
    own, rest = schedule.devices[name], schedule.devices.get(overnight_name(name))
    return own.power_kw if rest is None else own.power_kw + rest.power_kw


def after_day(power_kw: Array, n: int) -> list[float] | None:
    """The power of a process in the steps after the first n, (T - n,) without the zeros at its end; None: all are."""
    rest = np.trim_zeros(power_kw[n:], "b")
    return rest.tolist() if rest.size else None


def _rest(problem: Mapping[str, Any], device: Device, power_kw: Sequence[float]) -> dict[str, Any]:
    resolution = problem["resolution"]
    series = {"start": problem["start"], "resolution": resolution, "unit": "kW", "values": list(power_kw)}
    model: dict[str, Any] = {"inflexible-consumption": {"series": series, "default": "0 kW"}}
    if "group" in device.flex_model:
        model["group"] = device.flex_model["group"]
    return {"name": overnight_name(device.name), "type": "storage", "flex_model": model}
