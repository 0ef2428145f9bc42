from __future__ import annotations

import importlib

import pytest
from pyomo.environ import ConcreteModel, Constraint

from flex_pipeline.scheduling import read_problem
from flex_pipeline.scheduling.model.declaring import declare_part
from flex_pipeline.scheduling.parts import parts_of
from tests.scheduling.sites import at, battery, group, process, site

MODULES = [
    *(
        f"flex_pipeline.scheduling.model.{name}"
        for name in (
            *("coupling", "group", "metering", "minimum_charging"),
            *("process", "sharing", "site", "soft", "stock", "storage", "two_prices"),
        )
    ),
    "flex_pipeline.scheduling.plugins.cycle_limit",
]


def rich_problem() -> dict[str, object]:
    statements = {
        "soc_minima": [{"value": "3 kWh", "datetime": at(2)}],
        "soc_maxima": [{"value": "9 kWh", "datetime": at(2)}],
        "soc_targets": [{"value": "4 kWh", "datetime": at(3)}],
        "minimum_charging_power": "2 kW",
        "maximum_cycles_per_day": "1",
        "prefer_charging_sooner": False,
        "operation_modes": [{"consumption-range": ["0 kW", "5 kW"]}, {"production-range": ["1 kW", "5 kW"]}],
        "group": "g",
        "priority": 1,
    }
    context = {
        "production_price": "0.5 EUR/kWh",
        "site_power_capacity": "9 kW",
        "site_consumption_capacity": "6 kW",
        "site_consumption_breach_price": "2 EUR/kW",
        "commitments": [{"name": "a", "baseline": "1 kW", "up-price": "0.2 EUR/kWh"}],
        "relax_constraints": False,
    }
    sides = [
        {"name": f"{way} side", "flex_model": {f"{way}-capacity": "1 kW", "coupling": "converter"}}
        for way in ("consumption", "production")
    ]
    blocks = {"minimum_block_duration": "PT1H", "maximum_blocks": 1}
    devices = (
        battery(**statements),
        battery("equal", priority=1),
        group("g", power_capacity="7 kW"),
        *sides,
        process("SHIFTABLE"),
        process("SHIFTABLE", hours=1, runs=2, minimum_pause="PT1H") | {"name": "twice"},
        process("BREAKABLE", **blocks, after=["process"]) | {"name": "b"},
        process("SHIFTABLE", hours=1, after=["process"]) | {"name": "later"},
    )
    return site([0.1] * 4, *devices, **context)


@pytest.mark.parametrize("elastic", [False, True])
def test_every_constraint_family_is_a_function_of_that_name_whose_docstring_is_its_equation(
    elastic: bool,
) -> None:
    families = set()
    for part in parts_of(read_problem(rich_problem()), elastic=elastic, directed=True):
        model = ConcreteModel()
        declare_part(model, part.shape)
        families |= {component.local_name for component in model.component_objects(Constraint)}

    modules = [importlib.import_module(name) for name in MODULES]
    assert {
        "soc_balance",
        "soc_floor",
        "power_balance",
        "starts_as_often_as_asked",
        "runs_long_enough",
        "one_run_at_a_time",
        "blocks_last",
        "blocks_pause",
        "blocks_not_too_many",
        "work_adds_up",
        "starts_add_up",
        "waits_until_done",
        "soc_target_reached",
        "charge_at_least",
        "charge_only_while_charging",
        "mode_floor",
        "power_rises",
        "above_covers_flow",
        "below_within_flow",
        "breach_covers_excess",
        "cycle_limit",
        "group_import_limit",
        "in_proportion",
        "part_filled",
        "apart_covers_lag",
    } <= families
    for family in families:
        (rule,) = [getattr(module, family) for module in modules if hasattr(module, family)]
        assert any(sign in rule.__doc__ for sign in "=≤≥"), family
