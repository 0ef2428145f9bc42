"""CO2 beside money: what is reported, and what a price, a weight and a budget do.

Four hours at 0.3, 0.1, 0.2 and 0.3 EUR/kWh with 0.1, 0.5, 0.1 and 0.5 kg/kWh, a load of 1 kW, deliveries worth nothing,
and a battery without losses. Cheapest: what hours 2 to 4 need is bought in the second at 0.1, 0.3 + 3·0.1 = 0.6 EUR and
0.1 + 3·0.5 = 1.6 kg. Cleanest: hours 1 and 3 serve themselves and the next one, 2·0.3 + 2·0.2 = 1.0 EUR and 0.4 kg.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flex_pipeline.scheduling import ProblemError, Schedule, read_problem
from tests.scheduling.plain import plain_cost
from tests.scheduling.plans import powers, solved
from tests.scheduling.sites import battery, process, series, site

PRICES = [0.3, 0.1, 0.2, 0.3]
CLEAN_AND_DIRTY = series([0.1, 0.5, 0.1, 0.5], "kg/kWh")
NOTHING_FOR_DELIVERY = {"production_price": "0 EUR/kWh", "inflexible_consumption": ["1 kW"]}


def house(*devices: dict[str, Any], **context: Any) -> dict[str, Any]:
    intensity = {"consumption_emissions": CLEAN_AND_DIRTY}
    return site(PRICES, *(devices or (battery(),)), **NOTHING_FOR_DELIVERY | intensity | context)


def kg(schedule: Schedule) -> float:
    assert schedule.emissions_kg is not None
    return schedule.emissions_kg.total


def assert_proved(schedule: Schedule) -> None:
    assert schedule.status == "optimal", schedule.diagnosis
    assert schedule.certificate.primal_violation < 1e-9
    assert schedule.certificate.gap == pytest.approx(0, abs=1e-6)


def test_what_a_plan_emits_is_reported_in_kg_and_changes_nothing() -> None:
    counted, plain = solved(house()), solved(site(PRICES, battery(), **NOTHING_FOR_DELIVERY))

    assert kg(counted) == pytest.approx(1.6)
    assert powers(counted) == powers(plain)
    assert plain.emissions_kg is None
    assert plain.to_dict()["emissions_kg"] is None


def test_devices_what_is_fixed_and_netting_add_up_to_the_site() -> None:
    emitted = solved(house()).emissions_kg

    assert emitted is not None
    # the battery takes 2 kWh in the second hour, the load 1 kWh in each: netting is what the battery gives back
    assert emitted.devices == {"battery": pytest.approx(2 * 0.5)}
    assert emitted.inflexible == pytest.approx(0.1 + 0.5 + 0.1 + 0.5)
    assert emitted.netting == pytest.approx(1.6 - 1.0 - 1.2)


def test_energy_that_is_delivered_is_credited_where_that_is_stated() -> None:
    sun = {"inflexible_consumption": [], "inflexible_production": ["2 kW"]}
    idle = battery(power_capacity="0 kW")
    # 2 kWh in each hour, at the intensity of the grid
    credited = house(idle, **sun, production_emissions=CLEAN_AND_DIRTY)
    assert kg(solved(credited)) == pytest.approx(-2 * 1.2)
    assert kg(solved(house(idle, **sun))) == 0.0


@pytest.mark.parametrize("unit", ["gCO2/kWh", "g/kWh", "kg CO2e/MWh", "kgCO2eq/MWh"])
def test_intensities_are_written_as_people_write_them(unit: str) -> None:
    schedule = solved(house(battery(power_capacity="0 kW"), consumption_emissions=f"300 {unit}"))
    assert kg(schedule) == pytest.approx(4 * 0.3)


def test_a_price_of_co2_is_a_cost_of_its_own() -> None:
    schedule = solved(house(emissions_price="1000 EUR/tCO2"))

    assert_proved(schedule)
    assert schedule.costs.energy == pytest.approx(1.0)
    assert schedule.costs.emissions == pytest.approx(0.4)
    (term,) = (term for term in schedule.cost_terms if term.component == "emissions")
    assert term.name == "CO2"
    assert term.cost == pytest.approx(0.4)


def test_a_weight_moves_the_plan_and_costs_nothing() -> None:
    # at 50% a kg counts as much as a euro: what the cleaner plan saves, 1.2 kg, is more than the 0.4 EUR it costs
    clean, dear = solved(house(emissions_weight="50%")), solved(house(emissions_weight="10%"))

    assert_proved(clean)
    assert [clean.costs.total, kg(clean)] == pytest.approx([1.0, 0.4])
    assert [dear.costs.total, kg(dear)] == pytest.approx([0.6, 1.6])


@pytest.mark.parametrize("field", ["emissions_budget", "emissions_budget_per_day"])
def test_a_budget_is_kept_at_the_least_cost(field: str) -> None:
    schedule = solved(house(**{field: "0.5 kg"}))

    assert_proved(schedule)
    assert kg(schedule) == pytest.approx(0.5)
    # between 0.4 and 1 kg, each kg costs 0.50: a kWh of the second hour rather than the first
    assert schedule.costs.total == pytest.approx(1.0 - 0.1 * 0.5)
    worth = next(p for p in schedule.shadow_prices if p.family == field)
    assert (worth.component, worth.per, worth.values.sum()) == ("site", "kg", pytest.approx(0.5))


def test_each_local_day_has_its_own_budget() -> None:
    idle = battery(power_capacity="0 kW")
    two_days = site([0.2] * 48, idle, consumption_emissions="0.1 kg/kWh", inflexible_consumption=["1 kW"])
    two_days["flex_context"]["emissions-budget-per-day"] = "2 kg"

    diagnosis = solved(two_days).diagnosis

    # 2.4 kg a day whatever is done
    assert diagnosis is not None
    assert "on 2024-06-03, 2024-06-04" in diagnosis
    assert "raising emissions-budget-per-day of the site by 0.4 kg, to 2.4 kg" in diagnosis


def test_a_budget_that_cannot_be_kept_says_which_could() -> None:
    schedule = solved(house(emissions_budget="0.25 kg"))

    assert schedule.status == "infeasible"
    assert kg(schedule) == pytest.approx(0.4)
    assert schedule.diagnosis is not None
    assert "emissions-budget of the site is exceeded by up to 0.15 kg" in schedule.diagnosis
    assert "raising emissions-budget of the site by 0.15 kg, to 0.4 kg" in schedule.diagnosis


def test_a_budget_says_what_the_first_and_the_last_kg_cost() -> None:
    """Against finite differences."""
    budget, step = 1.2, 1e-3
    costs = [solved(house(emissions_budget=f"{budget + d} kg")).costs.total for d in (-step, 0.0, step)]
    worth = next(
        p for p in solved(house(emissions_budget="1.2 kg")).shadow_prices if p.family == "emissions_budget"
    )

    assert (costs[0] - costs[1]) / step == pytest.approx(worth.values.sum(), abs=1e-6)
    assert (costs[1] - costs[2]) / step == pytest.approx(worth.values.sum(), abs=1e-6)


def test_the_marginal_price_of_a_step_holds_its_co2() -> None:
    schedule = solved(house(emissions_price="1 EUR/kg"))
    assert schedule.marginal_price is not None
    more = {"inflexible_consumption": [series([1.0, 1.0, 1.001, 1.0], "kW")]}
    dearer = solved(house(emissions_price="1 EUR/kg", **more))

    assert (dearer.costs.total - schedule.costs.total) / 0.001 == pytest.approx(schedule.marginal_price[2])


def test_emissions_of_all_commodities_count() -> None:
    gas = {
        "commodity": "gas",
        "consumption-price": "0.1 EUR/kWh",
        "consumption-emissions": "0.2 kg/kWh",
        "inflexible-consumption": ["3 kW"],
    }
    # 4 hours of 3 kW
    assert kg(solved(house(commodities=[gas]))) == pytest.approx(1.6 + 4 * 3 * 0.2)


def random_house(seed: int) -> dict[str, Any]:
    """Processes, a battery with losses, sun that may be curtailed, and now and then a credit above the debit."""
    random = np.random.default_rng(seed)
    n = 8
    sun = {
        "power-capacity": "4 kW",
        "consumption-capacity": "0 kW",
        "production-capacity": series(random.choice([0.0, 2.0, 4.0], n).tolist(), "kW"),
    }
    devices = [
        battery(soc_at_start="2 kWh", roundtrip_efficiency="90%"),
        process("SHIFTABLE", hours=2) | {"name": "washer"},
        process("BREAKABLE", "1 kW", hours=3) | {"name": "pool"},
        {"name": "pv", "flex_model": sun},
    ]
    return site(
        random.choice([0.1, 0.2, 0.4, -0.05], n).tolist(),
        *devices,
        production_price="0.05 EUR/kWh",
        inflexible_consumption=[series(random.choice([0.0, 1.0, 2.0], n).tolist(), "kW")],
        consumption_emissions=series(random.uniform(0.05, 0.6, n).round(3).tolist(), "kg/kWh"),
        production_emissions=series(random.uniform(0.0, 0.3, n).round(3).tolist(), "kg/kWh"),
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_budget_costs_what_plain_pyomo_says(seed: int) -> None:
    free = solved(random_house(seed))
    mapping = random_house(seed)
    mapping["flex_context"]["emissions-budget"] = f"{kg(free) - 0.8} kg"
    problem = read_problem(mapping)
    schedule, optimum = solved(mapping), plain_cost(problem.by_name())

    assert (schedule.status == "infeasible") == (optimum is None)
    if optimum is not None:
        assert_proved(schedule)
        assert kg(schedule) <= kg(free) - 0.8 + 1e-6
        assert schedule.costs.total == pytest.approx(optimum, abs=2e-6)


@pytest.mark.parametrize("seed", range(6))
def test_a_weight_costs_what_plain_pyomo_says(seed: int) -> None:
    mapping = random_house(seed)
    mapping["flex_context"]["emissions-weight"] = "30%"
    schedule, optimum = solved(mapping), plain_cost(read_problem(mapping).by_name())

    assert_proved(schedule)
    assert schedule.costs.total + 3 / 7 * kg(schedule) == pytest.approx(optimum, abs=2e-6)


def test_a_process_alone_heeds_the_price_of_co2() -> None:
    alone = process("SHIFTABLE", hours=1)
    # 0.1 + 0.5 in the second hour, 0.2 + 0.1 in the third
    assert powers(solved(house(alone)), "process") == [0, 2, 0, 0]
    assert powers(solved(house(alone, emissions_price="1 EUR/kg")), "process") == [0, 0, 2, 0]
    assert powers(solved(house(alone, emissions_budget="1.4 kg")), "process") == [0, 0, 2, 0]


@pytest.mark.parametrize("field", ["price", "weight", "budget", "budget-per-day"])
def test_what_is_asked_of_co2_needs_to_know_how_much_there_is(field: str) -> None:
    values = {"price": "1 EUR/kg", "weight": "10%"}
    mapping = site(PRICES, battery(), **{f"emissions-{field}": values.get(field, "1 kg")})

    with pytest.raises(ProblemError, match=f"flex_context.emissions-{field}: needs consumption-emissions"):
        read_problem(mapping)


def test_an_unknown_intensity_is_filled_with_a_notice() -> None:
    schedule = solved(house(consumption_emissions=series([None, 0.5, 0.1, 0.5], "kg/kWh")))

    assert any("consumption-emissions" in n and "nearest known intensity" in n for n in schedule.notices)
