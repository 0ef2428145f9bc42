"""Limits: families of constraints that somebody set, could set otherwise, and therefore have a worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

Rule = Callable[..., Any]


@dataclass(frozen=True)
class Limit:
    """What sets a limit, as people write it; the unit it is in; and whether it bounds from above.

    `weight` is what a unit of violation counts where not all limits can be kept.
    """

    field: str
    unit: str  # kW, kWh or kg
    upper: bool
    weight: float

    @property
    def broken(self) -> str:
        """What happens to it in a plan that does not keep it."""
        return "exceeded" if self.upper else "short"

    @property
    def remedy(self) -> str:
        """How it would have to change."""
        return "raising" if self.upper else "lowering"


LIMITS: dict[Rule, Limit] = {}

# a plan that fills a store beyond its size cannot be carried out, one that overloads the connection melts a fuse
WISH, FUSE, STORE = 1.0, 100.0, 10_000.0
DEVICE = inf  # what a device cannot do, it does not do in any plan


def limit(field: str, unit: str, *, upper: bool = True, weight: float = WISH) -> Callable[[Rule], Rule]:
    """Mark a family as a limit that `field` sets: it has a shadow price, and gives way in the search for a conflict."""

    def mark(rule: Rule) -> Rule:
        LIMITS[rule] = Limit(field, unit, upper, weight)
        return rule

    return mark
