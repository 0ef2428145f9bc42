"""Everything that is paid for in one objective, and told term by term."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from flex_pipeline.scheduling import Schedule
from tests.scheduling.plans import powers, solved
from tests.scheduling.sites import at, battery, group, series, site

RISING = [0.1, 0.2, 0.3]
EVENING = [{"value": "1 kW", "start": at(2), "end": at(3)}]


def terms(schedule: Schedule) -> dict[str, float]:
    return {term.name: term.cost for term in schedule.cost_terms}


def test_energy_peak_contract_window_wear_and_store_are_weighed_in_one_objective() -> None:
    # a load of 2, 4 and 3 kW; a battery of 5 kW and 10 kWh that holds 2 kWh
    stacked = {
        "inflexible_consumption": [series([2, 4, 3], "kW")],
        # 3 kW have been paid for in this billing period; each further kW costs 0.4
        "site_peak_consumption": "3 kW",
        "site_peak_consumption_price": "0.4 EUR/kW",
        # the contract is for 3.5 kW; beyond it 0.3 for the highest and 0.3 for each hour
        "site_consumption_capacity": "3.5 kW",
        "site_consumption_breach_price": "0.3 EUR/kW",
        # from two to three, less than 1 kW earns 0.25 per kWh and more costs 0.5
        "commitments": [
            {"name": "evening", "baseline": EVENING, "up-price": "0.5 EUR/kWh", "down-price": "0.25 EUR/kWh"}
        ],
    }
    store = battery(soc_at_start="2 kWh", wear_price="0.01 EUR/kWh", soc_value_at_end="0.05 EUR/kWh")

    schedule = solved(site(RISING, store, **stacked))

    # Moved to the evening, a kWh earns 0.3 + 0.25. Half a kW more in each of the first two hours costs 0.2 of peak,
    # 0.05 + 0.1 of energy and 0.02 of wear: less than the 0.55 that it earns. Another half would cost 0.15 for the
    # highest breach and 0.3 for both hours besides: more.
    assert powers(schedule) == pytest.approx([1.5, -0.5, -3])
    assert terms(schedule) == pytest.approx(
        {
            "net energy": 0.1 * 3.5 + 0.2 * 3.5,
            "site-peak-consumption": 0.4 * 0.5,
            "evening": -0.25,
            "battery: wear": 0.01 * (1.5 + 0.5 + 3),
            "battery: in store at the end": 0.0,
        }
    )
    assert sum(terms(schedule).values()) == pytest.approx(schedule.costs.total)


@pytest.mark.parametrize(
    ("price", "expected", "energy", "peak"),
    [
        # 2 kWh more at 0.1 in place of 0.2 save 0.2 and take 2 kW beyond the 3 that are paid for
        ("0.05 EUR/kW", [5, 0, -5], 0.5 - 1.5, 0.1),
        ("0.15 EUR/kW", [3, 2, -5], 0.3 + 0.4 - 1.5, 0.0),
    ],
)
def test_a_peak_beyond_what_is_paid_for_is_run_up_where_it_saves_more(
    price: str, expected: list[float], energy: float, peak: float
) -> None:
    paid = {"site_peak_consumption": "3 kW", "site_peak_consumption_price": price}

    schedule = solved(site(RISING, battery(), **paid))

    assert powers(schedule) == pytest.approx(expected)
    assert terms(schedule) == pytest.approx({"net energy": energy, "site-peak-consumption": peak})


def test_what_co2_costs_is_a_term_of_its_own_and_moves_the_plan() -> None:
    # kg per kWh times 0.1 per kg: the second hour is the cleanest, by more than it is dearer than the first
    co2 = {"name": "CO2", "baseline": "0 kW", "up-price": series([0.06, 0.01, 0.05], "EUR/kWh")}
    load = {"production_price": "0 EUR/kWh", "inflexible_consumption": [series([1, 1, 1], "kW")]}

    assert powers(solved(site([0.10, 0.12, 0.3], battery(), **load))) == pytest.approx([2, -1, -1])
    schedule = solved(site([0.10, 0.12, 0.3], battery(), **load, commitments=[co2]))
    assert powers(schedule) == pytest.approx([0, 1, -1])
    assert terms(schedule) == pytest.approx({"net energy": 0.1 + 0.24, "CO2": 0.06 + 0.02})


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


@st.composite
def stacked(draw: st.DrawFn) -> dict[str, Any]:
    prices = draw(st.lists(st.integers(5, 40).map(lambda x: x / 100), min_size=4, max_size=4, unique=True))
    loads = draw(st.lists(st.integers(3, 41).map(lambda x: x / 10), min_size=4, max_size=4))
    return site(
        prices,
        battery("a", roundtrip_efficiency="90%", group="g", wear_price="0.01 EUR/kWh"),
        battery("b", soc_at_start="3.3 kWh", group="g"),
        group("g", power_capacity=f"{draw(one_of(4.7, 6.3))} kW"),
        production_price=series([price - 0.013 for price in prices], "EUR/kWh"),
        inflexible_consumption=[series(list(loads), "kW")],
        site_peak_consumption_price=f"{draw(one_of(0.0, 0.07))} EUR/kW",
        site_consumption_capacity="5.9 kW",
        site_consumption_breach_price="0.31 EUR/kW",
    )


def with_more(mapping: dict[str, Any], step: int, kw: float) -> dict[str, Any]:
    """The same with so much more load in one step."""
    context = mapping["flex_context"]
    values = list(context["inflexible-consumption"][0]["series"]["values"])
    values[step] += kw
    return {**mapping, "flex_context": {**context, "inflexible-consumption": [series(values, "kW")]}}


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(stacked(), st.integers(0, 3))
def test_the_marginal_price_is_what_one_more_kwh_costs(mapping: dict[str, Any], step: int) -> None:
    schedule, by = solved(mapping), 1e-4
    more, less = (solved(with_more(mapping, step, kw)) for kw in (by, -by))
    assert schedule.marginal_price is not None
    up = (more.costs.total - schedule.costs.total) / by
    down = (schedule.costs.total - less.costs.total) / by

    # at a kink the price lies between what one more costs and what one less saves
    assert down - 1e-5 <= schedule.marginal_price[step] <= up + 1e-5


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(stacked())
def test_the_terms_add_up_to_the_components_and_those_to_the_total(mapping: dict[str, Any]) -> None:
    schedule = solved(mapping)
    assume(schedule.cost_terms)

    by_component: dict[str, float] = {}
    for term in schedule.cost_terms:
        by_component[term.component] = by_component.get(term.component, 0.0) + term.cost
    told = {name: cost for name, cost in schedule.costs.to_dict().items() if cost and name != "total"}
    assert told == pytest.approx(
        {name: cost for name, cost in by_component.items() if abs(cost) > 1e-9}, abs=1e-8
    )
    assert schedule.costs.total == pytest.approx(np.sum(list(by_component.values())))
