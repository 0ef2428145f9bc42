from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flex_pipeline.scheduling import ProblemError, read_problem
from tests.scheduling.sites import at, battery, process, series, site

FLAT = [0.1] * 4


def faults(mapping: Any) -> dict[str, str]:
    with pytest.raises(ProblemError) as caught:
        read_problem(mapping)
    return {fault.field: fault.message for fault in caught.value.faults}


def test_everything_wrong_is_told_at_once() -> None:
    mapping = site(FLAT, battery(soc_mni="1 kWh", power_capacity="-5 kW"), site_power="3 kW") | {"strat": 1}

    assert set(faults(mapping)) == {
        "strat",
        "flex_context.site-power",
        "devices[0].flex_model.soc-mni",
        "devices[0].flex_model.power-capacity",
    }


def test_comments_of_example_files_are_ignored() -> None:
    read_problem(site(FLAT, battery()) | {"name": "a", "kind": "b", "doc": "c", "expected": {}})


def test_a_price_gap_in_the_middle_is_refused_with_its_hours() -> None:
    mapping = site(FLAT, battery(), consumption_price=series([0.1, None, None, 0.1], "EUR/kWh"))

    assert "2024-06-03 01:00 to 03:00" in faults(mapping)["flex_context.consumption-price"]


def test_prices_are_held_at_the_edges_with_a_notice() -> None:
    problem = read_problem(site(FLAT, battery(), consumption_price=series([None, 0.2, 0.3], "EUR/kWh")))

    assert problem.site.consumption_price.tolist() == [0.2, 0.2, 0.3, 0.3]
    assert any("the nearest known price is held" in notice for notice in problem.notices)


def test_unknown_prices_are_refused() -> None:
    mapping = site(FLAT, battery(), consumption_price=series([None] * 4, "EUR/kWh"))

    assert "knows no price" in faults(mapping)["flex_context.consumption-price"]


def test_unknown_fixed_power_counts_as_zero_with_a_notice() -> None:
    problem = read_problem(site(FLAT, battery(), inflexible_consumption=[series([1, None, 1, 1], "kW")]))

    assert problem.site.fixed_kw.tolist() == [1, 0, 1, 1]
    assert "taken as 0 kW" in problem.notices[0]


def test_signs_of_fixed_power_follow_the_name_of_the_field() -> None:
    new = {"inflexible_consumption": ["3 kW"], "inflexible_production": ["1 kW", "0.5 kW"]}
    former = {"inflexible_device_sensors": ["-1.5 kW"]}

    for context in (new, former):
        assert read_problem(site(FLAT, battery(), **context)).site.fixed_kw.tolist() == [1.5] * 4


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        ({}, (5, 5)),
        ({"consumption_capacity": "3 kW"}, (3, 0)),
        ({"production_capacity": "3 kW"}, (0, 3)),
        ({"production_capacity": "0 kW"}, (5, 0)),
        ({"consumption_capacity": "9 kW", "production_capacity": "2 kW"}, (5, 2)),
    ],
)
def test_a_lone_directional_capacity_closes_the_other_direction(given: dict[str, str], limits: Any) -> None:
    (storage,) = read_problem(site(FLAT, battery(**given))).storages

    assert (storage.charge_limit_kw[0], storage.discharge_limit_kw[0]) == limits


def test_storage_efficiency_is_scaled_from_the_step_it_is_stated_for() -> None:
    device = battery(storage_efficiency="81%") | {"sensor_resolution": "PT2H"}

    (stock,) = read_problem(site(FLAT, device)).stocks

    # 0.81 over two hours is 0.9 over one; of what comes in evenly, (a − 1)/ln a is left
    assert stock.retention == pytest.approx([0.9] * 4)
    (storage,) = read_problem(site(FLAT, device)).storages
    assert storage.charge_gain == pytest.approx([-0.1 / np.log(0.9)] * 4)


def test_gain_and_usage_lose_within_the_step_but_not_in_conversion() -> None:
    device = battery(
        storage_efficiency="90%", charging_efficiency="50%", soc_gain=["2 kW", "1 kW"], soc_usage=["4 kW"]
    )

    (stock,) = read_problem(site(FLAT, device)).stocks

    assert stock.external_kwh == pytest.approx([0.1 / np.log(0.9)] * 4)


def test_roundtrip_efficiency_is_split_evenly() -> None:
    (storage,) = read_problem(site(FLAT, battery(roundtrip_efficiency="81%"))).storages

    assert storage.charge_gain[0] == pytest.approx(0.9)
    assert storage.discharge_loss[0] == pytest.approx(1 / 0.9)


@pytest.mark.parametrize(
    ("context", "soft"),
    [
        ({}, True),
        ({"relax_constraints": False}, False),
        ({"relax_constraints": False, "relax_soc_constraints": True}, True),
        ({"relax_soc_constraints": False}, False),
        ({"relax_constraints": False, "soc_minima_breach_price": "1 EUR/kWh"}, True),
    ],
)
def test_minima_are_soft_by_flag_or_by_price(context: dict[str, Any], soft: bool) -> None:
    device = battery(soc_minima=[{"value": "3 kWh", "datetime": at(2)}])

    (stock,) = read_problem(site(FLAT, device, **context)).stocks

    assert stock.minima is not None
    assert (stock.minima.price is not None) is soft


@pytest.mark.parametrize(
    ("context", "soft"),
    [({"relax_constraints": False}, True), ({"relax_soc_constraints": False}, False)],
)
def test_statements_between_steps_are_soft_unless_that_is_ruled_out(
    context: dict[str, bool], soft: bool
) -> None:
    device = battery(soc_minima=[{"value": "3 kWh", "datetime": at(2, 15)}])

    problem = read_problem(site(FLAT, device, **context))

    assert problem.stocks[0].minima is not None
    assert (problem.stocks[0].minima.price is not None) is soft
    assert "2024-06-03 02:15 lies between steps" in problem.notices[0]


def test_targets_are_soft_only_with_both_prices() -> None:
    device = battery(soc_targets=[{"value": "3 kWh", "datetime": at(2)}])
    context = {"relax_constraints": False, "soc_minima_breach_price": "1 EUR/kWh"}

    (stock,) = read_problem(site(FLAT, device, **context)).stocks

    assert stock.targets is not None
    assert stock.targets.price is None


def test_minima_are_kept_within_the_size_of_the_store() -> None:
    problem = read_problem(site(FLAT, battery(soc_minima=[{"value": "30 kWh", "datetime": at(2)}])))

    assert problem.stocks[0].minima is not None
    assert problem.stocks[0].minima.kwh[1] == 10
    assert any("kept within soc-min and soc-max" in notice for notice in problem.notices)


def test_a_target_after_the_end_extends_the_horizon() -> None:
    device = battery(soc_targets=[{"value": "3 kWh", "datetime": at(6, 30)}])

    problem = read_problem(site(FLAT, device))

    assert problem.grid.n == 7
    assert any("extends the horizon" in notice for notice in problem.notices)


def test_minima_after_the_end_ask_nothing_and_say_so() -> None:
    problem = read_problem(site(FLAT, battery(soc_minima=[{"value": "3 kWh", "datetime": at(6)}])))

    assert problem.grid.n == 4
    assert problem.stocks[0].minima is None
    assert "2024-06-03 06:00" in problem.notices[0]


def test_site_capacities_are_soft_by_default_and_capped_by_the_connection() -> None:
    capacities = {"site_power_capacity": "8 kW", "site_consumption_capacity": "12 kW"}

    relaxed = read_problem(site(FLAT, battery(), **capacities)).site
    strict = read_problem(site(FLAT, battery(), **capacities, relax_constraints=False)).site

    assert relaxed.import_limit_kw[0] == 8
    assert relaxed.import_soft is not None
    assert relaxed.import_soft.limit[0] == 8
    assert relaxed.import_soft.price[0] == 10_000
    assert strict.import_soft is None
    assert strict.import_limit_kw[0] == 8


def test_a_process_without_room_is_refused() -> None:
    blocked = process(
        "SHIFTABLE",
        time_restrictions=[{"start": at(1), "duration": "PT1H"}, {"start": at(3), "duration": "PT1H"}],
    )

    assert "leave no room for 2 steps" in faults(site(FLAT, blocked))["process.time-restrictions"]


def test_a_duration_is_rounded_up_with_a_notice() -> None:
    problem = read_problem(site(FLAT, process("SHIFTABLE", duration="PT70M")))

    assert problem.processes[0].steps == 2
    assert "rounded up to 2 steps" in problem.notices[0]


def test_a_shared_stock_is_described_by_its_owner_alone() -> None:
    other = battery("boiler") | {"shares_stock_of": 0}

    assert "belongs to the device" in faults(site(FLAT, battery(), other))["devices[1].flex_model.soc-max"]


@pytest.mark.parametrize(
    "mapping", [None, [], {}, {"devices": [[]]}, {"devices": [{"name": "a", "type": {}}]}]
)
def test_nonsense_is_refused_and_never_crashes(mapping: Any) -> None:
    assert faults(mapping)
