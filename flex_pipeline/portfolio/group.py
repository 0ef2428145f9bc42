"""The limits of a group: what its devices draw or deliver together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flex_pipeline.portfolio.fields import Fault, FieldSpec, Record, Text
from flex_pipeline.portfolio.flex_context import BREACH_PER_POWER, CAPACITY

GROUP_OF = FieldSpec("group", Text(), "Name of the group whose limits its power counts for as well.")
LIMITS = ("power-capacity", "consumption-capacity", "production-capacity")

GROUP = Record(
    (
        FieldSpec(
            "power-capacity", CAPACITY, "What all its devices together may draw or deliver; never exceeded."
        ),
        FieldSpec("consumption-capacity", CAPACITY, "Bound on what they draw together.", "power-capacity"),
        FieldSpec("production-capacity", CAPACITY, "Bound on what they deliver together.", "power-capacity"),
        FieldSpec(
            "consumption-breach-price",
            BREACH_PER_POWER,
            "Price of exceeding consumption-capacity: on the highest breach, and per hour on each.",
            "10 000 per kW where site capacities are relaxed",
        ),
        FieldSpec(
            "production-breach-price",
            BREACH_PER_POWER,
            "The same for production-capacity.",
            "10 000 per kW where site capacities are relaxed",
        ),
        replace(GROUP_OF, text="Name of the group that this one is inside."),
    )
)


def group_faults(mapping: Mapping[str, Any], path: str) -> list[Fault]:
    """A group without a limit is none."""
    if set(LIMITS) & set(mapping):
        return []
    return [Fault(path, dict(mapping), f"limits nothing: give {', '.join(LIMITS[:-1])} or {LIMITS[-1]}")]
