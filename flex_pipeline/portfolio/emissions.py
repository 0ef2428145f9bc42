"""CO2 in the flex-context: how much of it a kWh stands for, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flex_pipeline.portfolio.fields import Fault, FieldSpec, Quantity, join

INTENSITY = Quantity("emission intensity", variable=True, minimum=0)

# of each connection
INTENSITIES = (
    FieldSpec(
        "consumption-emissions",
        INTENSITY,
        "CO2 that energy taken from the grid stands for; what is emitted is then reported in kg.",
        "0 kg/kWh",
    ),
    FieldSpec(
        "production-emissions",
        INTENSITY,
        "CO2 that energy delivered to the grid is credited with.",
        "0 kg/kWh",
    ),
)

# of the site
AIMS = (
    FieldSpec(
        "emissions-price",
        Quantity("emissions price", variable=True, minimum=0),
        "Price of CO2, a cost of its own beside that of energy.",
        "0",
    ),
    FieldSpec(
        "emissions-weight",
        Quantity("ratio", minimum=0, maximum=0.999),
        "Share of CO2 in what is minimised: a kg of it counts w, a unit of currency 1 − w; it costs nothing.",
        "0%",
    ),
    FieldSpec(
        "emissions-budget",
        Quantity("emissions"),
        "CO2 that the site emits at most over the horizon; never exceeded.",
    ),
    FieldSpec(
        "emissions-budget-per-day",
        Quantity("emissions"),
        "CO2 that the site emits at most in each local day of the horizon; never exceeded.",
    ),
)


def emission_faults(mapping: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """What is asked of CO2 where nothing says how much of it there is."""
    commodities = mapping.get("commodities")
    others = commodities if isinstance(commodities, list) else []
    connections = [mapping, *(item for item in others if isinstance(item, Mapping))]
    if any(field.name in one for one in connections for field in INTENSITIES):
        return
    for field in (field for field in AIMS if field.name in mapping):
        yield Fault(
            join(path, field.name), mapping[field.name], "needs consumption-emissions: the CO2 of a kWh"
        )
