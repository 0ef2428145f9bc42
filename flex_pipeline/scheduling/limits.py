"""Limits: families of constraints that somebody set, could set otherwise, and therefore have a worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Rule = Callable[..., Any]


@dataclass(frozen=True)
class Limit:
    """What sets a limit, as people write it; the unit it is in; and whether it bounds from above."""

    field: str
    unit: str  # kW or kWh
    upper: bool

    @property
    def broken(self) -> str:
        """What happens to it in a plan that does not keep it."""
        return "exceeded" if self.upper else "short"

    @property
    def remedy(self) -> str:
        """How it would have to change."""
        return "raising" if self.upper else "lowering"


LIMITS: dict[Rule, Limit] = {}


def limit(field: str, unit: str, *, upper: bool = True) -> Callable[[Rule], Rule]:
    """Mark a family as a limit that `field` sets: it has a shadow price, and gives way in the search for a conflict."""

    def mark(rule: Rule) -> Rule:
        LIMITS[rule] = Limit(field, unit, upper)
        return rule

    return mark
