"""Which sites start the simplex method near the end."""

from __future__ import annotations

from typing import Any

import pytest

from flex_pipeline.scheduling import read_problem
from flex_pipeline.scheduling.parts import parts_of
from flex_pipeline.scheduling.templates import composition_of
from tests.scheduling.sites import battery, site
from tests.scheduling.test_commodities import HEAT, heat_pump


def has_basis(mapping: dict[str, Any]) -> bool:
    return composition_of(parts_of(read_problem(mapping).by_name())).basis is not None


CO2 = {"consumption_emissions": "0.3 kg/kWh", "emissions_budget": "2 kg"}


@pytest.mark.parametrize(
    "mapping",
    [
        site([0.1, 0.2], battery()),
        site([0.1, 0.2], *heat_pump(), commodities=[HEAT]),
        site([0.1, 0.2], battery(), **CO2),
    ],
    ids=["storage", "converter", "CO2 budget"],
)
def test_all_numbers_of_a_site_have_a_typical_value(mapping: dict[str, Any]) -> None:
    assert has_basis(mapping)


def test_devices_that_are_compared_start_without_a_basis() -> None:
    ranked = [battery(name, priority=1) for name in ("one", "other")]
    assert not has_basis(site([0.1, 0.2], *ranked))
