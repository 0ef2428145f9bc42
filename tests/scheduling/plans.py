"""Plans of small sites, in numbers that can be compared with those of a hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from flex_pipeline.scheduling import Schedule, read_problem, solve
from tests.scheduling.sites import at


def solved(mapping: dict[str, Any]) -> Schedule:
    """The plan of a problem file."""
    return solve(read_problem(mapping))


def powers(schedule: Schedule, name: str = "battery") -> list[float]:
    """kW of each step, consumption positive."""
    return (np.round(schedule.devices[name].power_kw, 6) + 0.0).tolist()


def stock(schedule: Schedule, name: str = "battery") -> list[float]:
    """kWh in store at the start, and at the end of each step."""
    soc_kwh = schedule.devices[name].soc_kwh
    assert soc_kwh is not None
    return (np.round(soc_kwh, 6) + 0.0).tolist()


def instant(value: str, hour: int) -> list[dict[str, str]]:
    """A statement about one instant."""
    return [{"value": value, "datetime": at(hour)}]


def between(value: str, start: int, end: int) -> list[dict[str, str]]:
    """A statement about a range of hours."""
    return [{"value": value, "start": at(start), "end": at(end)}]
