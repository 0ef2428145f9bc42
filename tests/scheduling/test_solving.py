"""Optima that can be computed by hand; a battery of 10 kWh and 5 kW, hourly steps."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from flex_pipeline.scheduling import Schedule, read_problem, solve
from flex_pipeline.scheduling.plan import Plan
from tests.scheduling.sites import at, battery, process, series, site


def solved(mapping: dict[str, Any]) -> Schedule:
    return solve(read_problem(mapping))


def powers(schedule: Schedule, name: str = "battery") -> list[float]:
    return (np.round(schedule.devices[name].power_kw, 6) + 0.0).tolist()


def test_a_battery_buys_cheap_and_sells_dear() -> None:
    schedule = solved(site([0.1, 0.2, 0.3], battery()))

    assert powers(schedule) == [5, 0, -5]
    assert schedule.costs.total == pytest.approx(-1.0)
    assert schedule.devices["battery"].soc_kwh == pytest.approx([0, 5, 5, 0])


def test_losses_decide_whether_a_price_difference_pays() -> None:
    # 0.64 out per kWh in: 0.3 × 0.64 is less than 0.2
    idle = solved(site([0.2, 0.3], battery(roundtrip_efficiency="64%")))
    busy = solved(site([0.2, 0.4], battery(roundtrip_efficiency="64%")))

    assert powers(idle) == [0, 0]
    assert busy.costs.total == pytest.approx(5 * 0.2 - 5 * 0.64 * 0.4)


def test_wear_is_a_cost_of_throughput() -> None:
    schedule = solved(site([0.1, 0.3], battery(wear_price="0.04 EUR/kWh")))

    assert schedule.costs.wear == pytest.approx(0.4)
    assert schedule.costs.total == pytest.approx(-1.0 + 0.4)
    assert powers(solved(site([0.1, 0.3], battery(wear_price="0.11 EUR/kWh")))) == [0, 0]


def test_charging_and_discharging_at_once_never_burns_energy() -> None:
    # a negative price pays for consumption: the store is full after two hours, and that is all
    schedule = solved(
        site(
            [-0.1, -0.1, -0.1],
            battery(roundtrip_efficiency="81%", production_capacity="5 kW", consumption_capacity="5 kW"),
        )
    )

    # without discharging: 10/0.9 kWh; giving back 0.9 × 4.5 … makes room, but pays 0.1 for each kWh as well
    assert schedule.status == "optimal"
    assert schedule.certificate.primal_violation < 1e-9
    assert schedule.costs.total == pytest.approx(-0.1 * 10 / 0.9)


def test_selling_dearer_than_buying_is_not_an_endless_source() -> None:
    context = {"production_price": "0.5 EUR/kWh", "inflexible_consumption": ["1 kW"]}

    schedule = solved(site([0.1, 0.1], battery(), **context))

    # hour 1: charge 5 and pay 6 × 0.1; hour 2: discharge 5, of which 4 are sold
    assert schedule.costs.total == pytest.approx(0.6 - 2.0)


def test_a_peak_price_is_charged_once_on_what_exceeds_the_peak_already_paid() -> None:
    context = {
        "inflexible_consumption": [series([2, 6, 2], "kW")],
        "site_peak_consumption": "3 kW",
        "site_peak_consumption_price": "10 EUR/kW",
    }

    schedule = solved(site([0.1] * 3, battery(soc_at_start="0 kWh"), **context))

    # one hour of 1 kW can be charged below the peak; the load of 6 kW is then met down to 5 kW
    assert schedule.site_power_kw.max() == pytest.approx(4.0)
    assert schedule.costs.peaks == pytest.approx(10.0)


def test_a_breach_costs_its_price_on_the_highest_and_per_hour_on_each() -> None:
    context = {
        "inflexible_consumption": [series([4, 6, 2], "kW")],
        "site_consumption_capacity": "3 kW",
        "site_consumption_breach_price": "2 EUR/kW",
    }
    idle = battery(power_capacity="0 kW")

    schedule = solved(site([0.1] * 3, idle, **context))

    # breaches of 1 and 3 kW: 2 × 3 for the highest, 2 × (1 + 3) for the hours
    assert schedule.costs.breaches == pytest.approx(6 + 8)
    (breach,) = schedule.breaches
    assert (breach.name, breach.highest, breach.steps) == ("site-consumption-capacity", 3, (0, 1))


@pytest.mark.parametrize("resolution", ["PT1H", "PT30M", "PT15M"])
def test_breach_costs_do_not_depend_on_the_resolution(resolution: str) -> None:
    device = battery(power_capacity="0 kW", soc_minima=[{"value": "2 kWh", "start": at(1), "end": at(2)}])
    mapping = site([0.1] * 3, device, inflexible_consumption=["4 kW"], site_consumption_capacity="3 kW")

    schedule = solved(mapping | {"resolution": resolution})

    site_breach, soc_breach = schedule.breaches
    assert site_breach.cost == pytest.approx(10_000 * (1 + 3))
    # both ends of the hour are included: one more step than the hour is long
    steps = {"PT1H": 2, "PT30M": 3, "PT15M": 5}[resolution]
    hours = {"PT1H": 1, "PT30M": 0.5, "PT15M": 0.25}[resolution]
    assert soc_breach.cost == pytest.approx(1000 * 2 * (1 + steps * hours))


def test_a_commitment_prices_both_sides_of_its_baseline() -> None:
    commitment = {"name": "band", "baseline": "2 kW", "up-price": "0.5 EUR/kWh", "down-price": "-0.3 EUR/kWh"}
    context = {"inflexible_consumption": [series([3, 1], "kW")], "commitments": [commitment]}

    schedule = solved(site([0.1, 0.1], battery(power_capacity="0 kW"), **context))

    assert schedule.costs.commitments == pytest.approx(0.5 + 0.3)


def test_at_equal_cost_a_battery_charges_sooner_and_keeps_its_money() -> None:
    sooner = solved(site([0.1, 0.1, 0.1, 0.3], battery()))
    indifferent = solved(site([0.1, 0.1, 0.1, 0.3], battery(prefer_charging_sooner=False)))

    assert powers(sooner) == [5, 0, 0, -5] or sooner.devices["battery"].soc_kwh[1] == pytest.approx(5)
    assert sooner.costs.total == pytest.approx(indifferent.costs.total)


def test_at_equal_cost_generation_is_curtailed_later() -> None:
    pv = {"name": "pv", "flex_model": {"production-capacity": "4 kW", "consumption-capacity": "0 kW"}}
    mapping = site([0.1] * 3, pv, relax_constraints=False, site_production_capacity="2 kW")
    mapping["flex_context"]["production-price"] = "0 EUR/kWh"

    assert powers(solved(mapping), "pv") == [-2, -2, -2]


def test_energy_left_at_the_end_has_its_value() -> None:
    worth = battery(soc_at_start="4 kWh", soc_value_at_end="0.25 EUR/kWh")

    schedule = solved(site([0.3, 0.2, 0.3], worth))

    # the 5 kWh bought at 0.20 would be worth 0.25 at the end, but bring 0.30 in the last hour
    assert powers(schedule) == [-4, 5, -5]
    assert schedule.costs.terminal == 0

    schedule = solved(site([0.3, 0.2, 0.2], worth))

    # sold at 0.30; then 5 + 5 kWh at 0.20 fill the store, worth 0.25 each
    assert powers(schedule) == [-4, 5, 5]
    assert schedule.costs.energy == pytest.approx(-1.2 + 2.0)
    assert schedule.costs.terminal == pytest.approx(-2.5)
    assert schedule.costs.total == pytest.approx(-1.7)
    assert schedule.certificate.gap == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("hard", "status"), [(True, "infeasible"), (False, "optimal")])
def test_a_store_is_asked_to_end_with_energy_as_softly_as_minima(hard: bool, status: str) -> None:
    reachable, not_reachable = battery(soc_at_end="4 kWh"), battery(soc_at_end="100%", power_capacity="2 kW")

    schedule = solved(site([0.1, 0.2, 0.3], reachable, relax_constraints=not hard))
    assert schedule.devices["battery"].soc_kwh[-1] == pytest.approx(4)

    # 6 of 10 kWh in three hours
    schedule = solved(site([0.1, 0.2, 0.3], not_reachable, relax_constraints=not hard))
    assert schedule.status == status
    assert schedule.devices["battery"].soc_kwh[-1] == pytest.approx(6)


def test_a_car_charges_strongly_or_not_at_all() -> None:
    car = battery(
        production_capacity="0 kW",
        minimum_charging_power="3 kW",
        soc_minima=[{"value": "7 kWh", "datetime": at(3)}],
    )

    schedule = solved(site([0.1, 0.2, 0.3], car))

    # 5 kW first and 2 kW at 0.20 would cost 0.90; 4 and 3 cost 1.00, but 5 and 3 cost 1.10
    assert powers(schedule) == [4, 3, 0]
    assert schedule.costs.total == pytest.approx(1.0)
    assert schedule.status == "optimal"


def test_a_car_that_gives_back_does_so_at_any_power() -> None:
    car = battery(soc_at_start="6 kWh", minimum_charging_power="3 kW")

    schedule = solved(site([0.2, 0.1, 0.3], car, site_production_capacity="1 kW", relax_constraints=False))

    # one kW may leave the site; charging 3 kW at 0.10 gains nothing, as no more can be sold
    assert powers(schedule) == [-1, -1, -1]
    assert schedule.certificate.primal_violation <= 1e-9


def test_charging_too_weakly_is_a_violation() -> None:
    problem = read_problem(site([0.1] * 2, battery(minimum_charging_power="3 kW")))

    assert Plan(problem, [np.array([1.0, 3.0])], [np.zeros(2)], []).violation == pytest.approx(1)
    assert Plan(problem, [np.array([2.5, 0.0])], [np.zeros(2)], []).violation == pytest.approx(0.5)


def test_marginal_prices_say_what_one_more_kwh_costs() -> None:
    schedule = solved(site([0.1, 0.2, 0.3], battery(), inflexible_consumption=["7 kW"]))

    assert schedule.marginal_price == pytest.approx([0.1, 0.2, 0.3])


def test_where_nothing_is_left_to_choose_the_marginal_price_is_known_as_well() -> None:
    washer = process("SHIFTABLE", hours=1)
    context = {"production_price": "0.05 EUR/kWh", "inflexible_production": [series([3, 1, 1], "kW")]}

    alone = solved(site([0.1, 0.2, 0.3], washer, **context))
    promised = [{"name": "a", "baseline": "-1 kW", "up-price": "0.5 EUR/kWh", "down-price": "0.2 EUR/kWh"}]
    committed = solved(site([0.1, 0.2, 0.3], washer, **context, commitments=promised))
    peak = {"site_peak_consumption": "0 kW", "site_peak_consumption_price": "2 EUR/kW"}
    dear = solved(
        site(
            [0.1, 0.2, 0.3],
            washer | {"flex_model": {**washer["flex_model"], "process-type": "INFLEXIBLE"}},
            **peak,
        )
    )

    # in the first hour 2 kW of the 3 kW from the roof: another kWh is one less sold at 0.05
    assert powers(alone, "process") == [2, 0, 0]
    assert alone.marginal_price == pytest.approx([0.05, 0.05, 0.05])
    # all at the promised −1 kW: another kWh costs 0.50 as well
    assert committed.marginal_price == pytest.approx([0.55, 0.55, 0.55])
    # the only hour that has the peak: another kW there costs 2 EUR too
    assert dear.marginal_price == pytest.approx([2.1, 0.2, 0.3])
    assert dear.certificate.gap == pytest.approx(0, abs=1e-9)


def test_what_cannot_be_kept_is_diagnosed_and_violated_least() -> None:
    device = battery(soc_targets=[{"value": "8 kWh", "datetime": at(1)}])

    schedule = solved(site([0.1, 0.1], device, relax_constraints=False))

    assert schedule.status == "infeasible"
    assert schedule.diagnosis is not None
    assert "soc-targets of battery is short by up to 3 kWh at 2024-06-03 01:00" in schedule.diagnosis
    assert powers(schedule)[0] == 5
    assert schedule.certificate.primal_violation == pytest.approx(3)


def test_an_overloaded_connection_is_diagnosed_without_breaking_physics() -> None:
    mapping = site(
        [0.1] * 3, battery(soc_at_start="4 kWh"), site_power_capacity="4 kW", inflexible_consumption=["7 kW"]
    )

    schedule = solved(mapping)

    assert schedule.status == "infeasible"
    assert schedule.diagnosis is not None
    assert "site-power-capacity" in schedule.diagnosis
    assert schedule.devices["battery"].soc_kwh.min() >= -1e-9


def test_impossible_modes_leave_only_the_fallback() -> None:
    device = battery(soc_targets=[{"value": "8 kWh", "datetime": at(2)}])
    problem = read_problem(site([0.1] * 3, device))
    # reading refuses such modes; a problem that was made otherwise may have them
    storage = replace(problem.storages[0], modes_kw=((6.0, 7.0),))

    schedule = solve(replace(problem, storages=(storage,)))

    assert schedule.status == "infeasible"
    assert schedule.fallback_used
    # straight for the first target, and never past it
    assert powers(schedule) == [5, 3, 0]


def test_together_is_never_dearer_than_one_after_the_other() -> None:
    prices = [0.3, 0.1, 0.2, 0.4, 0.15, 0.35]
    context = {"site_power_capacity": "6 kW", "inflexible_consumption": ["1 kW"]}
    first = solved(site(prices, process("SHIFTABLE", "3 kW", 3), **context))
    load = series(first.devices["process"].power_kw.tolist(), "kW")
    after = solved(site(prices, battery(), **context | {"inflexible_consumption": ["1 kW", load]}))

    together = solved(site(prices, battery(), process("SHIFTABLE", "3 kW", 3), **context))

    assert together.status == "optimal"
    assert together.costs.total <= after.costs.total + 1e-9


def test_the_schedule_is_plain_json() -> None:
    schedule = solved(site([0.1, 0.2], battery(), process("SHIFTABLE", hours=1)))

    written = json.loads(json.dumps(schedule.to_dict(), allow_nan=False))

    assert list(written) == [
        "status",
        "steps",
        "devices",
        "site_power_kw",
        "costs",
        "cost_terms",
        "emissions_kg",
        "certificate",
        "diagnosis",
        "fallback_used",
        "shadow_prices",
        "notices",
        "groups",
        "commodities",
    ]
    assert written["steps"] == ["2024-06-03T00:00:00+02:00", "2024-06-03T01:00:00+02:00"]
    assert [device["name"] for device in written["devices"]] == ["battery", "process"]
    assert written["devices"][1]["soc_kwh"] is None
    assert set(written["costs"]) == {
        "energy",
        "breaches",
        "peaks",
        "commitments",
        "wear",
        "terminal",
        "plugins",
        "emissions",
        "total",
    }


def test_the_same_problem_always_has_the_same_schedule() -> None:
    mapping = site([0.1, 0.1, 0.3, 0.3], battery("a"), battery("b"), site_power_capacity="6 kW")

    first, second = solved(mapping), solved(mapping)

    assert powers(first, "a") == powers(second, "a")
    assert powers(first, "b") == powers(second, "b")
