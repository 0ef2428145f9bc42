"""Additions: constraints and devices that plugins bring into a problem."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from flex_pipeline.scheduling.parts.part import Part
    from flex_pipeline.scheduling.problem import Problem

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PowerRange:
    """What a device of a new type may draw, and what it draws without flexibility; (T,) in kW, consumption positive."""

    low_kw: Array
    high_kw: Array
    baseline_kw: Array


@dataclass(frozen=True, kw_only=True)
class Addition(ABC):
    """Something more that is true of a device: a constraint on it, or a device of a new type.

    It becomes a part of the model, linked to ports of other parts. A device of a new type has a `power` range and a
    port "power", linked to the site.
    """

    device: str

    @abstractmethod
    def part(self, problem: Problem, *, elastic: bool) -> Part:
        """The part of the model; `elastic`: its limits give way."""

    @property
    def power(self) -> PowerRange | None:
        """None where it is no device itself."""
        return None


@dataclass(frozen=True)
class Added:
    """What became of an addition in a plan: its power (T,) if it is a device, its cost, and what it violates."""

    device: str
    power_kw: Array | None
    cost: float
    violation: float  # kW or kWh


def without_flexibility(additions: Iterable[Addition]) -> tuple[Added, ...]:
    """Devices of new types as they are when nobody plans them."""
    ranges = [(addition.device, addition.power) for addition in additions]
    return tuple(Added(device, power.baseline_kw, 0.0, 0.0) for device, power in ranges if power is not None)
