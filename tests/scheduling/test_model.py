from __future__ import annotations

import importlib

import pytest
from pyomo.environ import Constraint

from flex_pipeline.scheduling import read_problem
from flex_pipeline.scheduling.model import build
from tests.scheduling.sites import at, battery, process, site

MODULES = ("minimum_charging", "process", "site", "soft", "stock", "storage", "two_prices")


def rich_problem() -> dict[str, object]:
    statements = {
        "soc_minima": [{"value": "3 kWh", "datetime": at(2)}],
        "soc_maxima": [{"value": "9 kWh", "datetime": at(2)}],
        "soc_targets": [{"value": "4 kWh", "datetime": at(3)}],
        "minimum_charging_power": "2 kW",
        "operation_modes": [{"consumption-range": ["0 kW", "5 kW"]}, {"production-range": ["1 kW", "5 kW"]}],
    }
    context = {
        "production_price": "0.5 EUR/kWh",
        "site_power_capacity": "9 kW",
        "site_consumption_capacity": "6 kW",
        "site_consumption_breach_price": "2 EUR/kW",
        "commitments": [{"name": "a", "baseline": "1 kW", "up-price": "0.2 EUR/kWh"}],
        "relax_constraints": False,
    }
    return site(
        [0.1] * 4,
        battery(**statements),
        process("SHIFTABLE"),
        process("BREAKABLE") | {"name": "b"},
        **context,
    )


@pytest.mark.parametrize("elastic", [False, True])
def test_every_constraint_family_is_a_function_of_that_name_whose_docstring_is_its_equation(
    elastic: bool,
) -> None:
    model = build(read_problem(rich_problem()), {("battery", 1)}, elastic=elastic)
    modules = [importlib.import_module(f"flex_pipeline.scheduling.model.{name}") for name in MODULES]

    families = {component.local_name for component in model.component_objects(Constraint)}

    assert {
        "soc_balance",
        "soc_floor",
        "power_balance",
        "starts_once",
        "runs_long_enough",
        "soc_targets",
        "charge_at_least",
    } <= families
    for family in families:
        (rule,) = [getattr(module, family) for module in modules if hasattr(module, family)]
        assert any(sign in rule.__doc__ for sign in "=≤≥"), family
