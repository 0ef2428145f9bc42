"""Commodities and converters: published examples, numbers of a hand, and plain Pyomo over random sites."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flex_pipeline.scheduling import ProblemError, baseline, read_problem, solve
from tests.scheduling.plain import plain_cost
from tests.scheduling.plans import powers, solved
from tests.scheduling.sites import battery, series, site

GAS = {"commodity": "gas", "consumption-price": "0.12 EUR/kWh"}
HEAT = {"commodity": "heat", "inflexible-consumption": ["6 kW"]}


def device(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "flex_model": {k.replace("_", "-"): v for k, v in fields.items()}}


def heat_pump(cop: Any = "3", most: str = "3 kW") -> list[dict[str, Any]]:
    """Electricity in, heat out."""
    out = {"commodity": "heat", "coupling": "heat pump", "coupling_coefficient": cop}
    return [
        device("pump", consumption_capacity=most, coupling="heat pump"),
        device("pump heat", production_capacity="99 kW", **out),
    ]


def boiler() -> list[dict[str, Any]]:
    """Gas in, 90% of it out as heat."""
    out = {"commodity": "heat", "coupling": "boiler", "coupling_coefficient": "90%"}
    return [
        device("boiler", consumption_capacity="10 kW", commodity="gas", coupling="boiler"),
        device("boiler heat", production_capacity="9 kW", **out),
    ]


@pytest.mark.parametrize("gas", ["at the connection", "a device"])
def test_the_tutorial_of_two_commodities_costs_what_is_published(gas: str) -> None:
    # a battery that is to hold 80 kWh at 23:00 buys 60/0.95 kWh and sells 20 kWh in the last hour
    model = {
        "power-capacity": "20 kW",
        "soc-min": "0 kWh",
        "soc-max": "100 kWh",
        "soc-at-start": "20 kWh",
        "charging-efficiency": "95%",
        "discharging-efficiency": "95%",
        "soc-targets": [{"value": "80 kWh", "datetime": "2024-01-01T23:00+01:00"}],
    }
    entry: dict[str, Any] = {"commodity": "gas", "consumption-price": "50 EUR/MWh"}
    devices: list[dict[str, Any]] = [{"name": "battery", "flex_model": model}]
    if gas == "a device":
        devices.append(device("boiler", commodity="gas", inflexible_consumption="1 kW"))
    else:
        entry["inflexible-consumption"] = ["1 kW"]
    schedule = solved(
        {
            "start": "2024-01-01T00:00+01:00",
            "end": "2024-01-02T00:00+01:00",
            "resolution": "PT1H",
            "timezone": "Europe/Amsterdam",
            "flex_context": {
                "commodities": [{"commodity": "electricity", "consumption-price": "100 EUR/MWh"}, entry]
            },
            "devices": devices,
        }
    )

    terms = {term.name: term.cost for term in schedule.cost_terms}
    assert terms == pytest.approx({"net energy": 60 / 0.95 / 10 - 2.0, "gas: net energy": 1.20})
    assert schedule.costs.total == pytest.approx(5.52, abs=0.005)  # published: 4.32 + 1.20
    assert schedule.commodities["gas"].power_kw.tolist() == [1] * 24


def test_heat_comes_from_whatever_makes_it_cheapest() -> None:
    # of gas a kWh of heat costs 0.12/0.9 = 0.133; of electricity 0.1/3, 0.5/3 and 0.3/3
    schedule = solved(site([0.1, 0.5, 0.3], *heat_pump(), *boiler(), commodities=[GAS, HEAT]))

    assert powers(schedule, "pump") == pytest.approx([2, 0, 2])
    assert powers(schedule, "pump heat") == pytest.approx([-6, 0, -6])
    assert powers(schedule, "boiler") == pytest.approx([0, 6 / 0.9, 0], abs=1e-6)
    heat = schedule.commodities["heat"]
    assert heat.power_kw.tolist() == pytest.approx([0, 0, 0], abs=1e-9)
    assert heat.marginal_price is not None
    assert heat.marginal_price.tolist() == pytest.approx([0.1 / 3, 0.12 / 0.9, 0.1])
    assert schedule.costs.total == pytest.approx(6 * (0.1 / 3 + 0.12 / 0.9 + 0.1))


def test_a_coefficient_may_follow_the_weather() -> None:
    schedule = solved(
        site([0.3, 0.3, 0.3], *heat_pump(series([2, 3, 4], "")), *boiler(), commodities=[GAS, HEAT])
    )

    # 0.15 with a COP of 2 is dearer than gas, 0.1 and 0.075 are not
    assert powers(schedule, "pump") == pytest.approx([0, 2, 1.5])


def test_a_store_of_heat_is_filled_while_heat_is_cheap() -> None:
    tank = battery("tank", commodity="heat", soc_max="6 kWh", power_capacity="6 kW")

    schedule = solved(site([0.1, 0.9], *heat_pump(most="4 kW"), tank, commodities=[HEAT]))

    # 12 kWh of heat from 4 kWh in the cheap hour
    assert powers(schedule, "pump") == pytest.approx([4, 0])
    assert powers(schedule, "tank") == pytest.approx([6, -6])


def test_a_plant_makes_heat_and_power_in_proportion() -> None:
    plant = [
        device("burner", consumption_capacity="20 kW", commodity="gas", coupling="chp"),
        device("generator", production_capacity="20 kW", coupling="chp", coupling_coefficient="0.3"),
        device(
            "heat", production_capacity="20 kW", commodity="heat", coupling="chp", coupling_coefficient="0.6"
        ),
    ]

    schedule = solved(site([0.2, 0.5], *plant, commodities=[GAS, HEAT]))

    # 6 kW of heat take 10 kW of gas and give 3 kW of power
    assert powers(schedule, "burner") == pytest.approx([10, 10])
    assert powers(schedule, "generator") == pytest.approx([-3, -3])
    assert schedule.costs.total == pytest.approx(2 * 10 * 0.12 - 3 * (0.2 + 0.5))


def test_heat_that_cannot_be_made_is_diagnosed() -> None:
    schedule = solved(site([0.1, 0.1], *heat_pump(most="1 kW"), commodities=[HEAT]))

    assert schedule.status == "infeasible"
    assert schedule.diagnosis is not None
    assert "heat has no connection, and its devices deliver up to 3 kW too little" in schedule.diagnosis
    assert "giving heat a connection with a site-consumption-capacity of 3 kW" in schedule.diagnosis
    assert "or its devices (pump heat) that much more production-capacity" in schedule.diagnosis
    assert "raising power-capacity or consumption-capacity of pump by 1 kW" in schedule.diagnosis
    # the plan that lacks the least heat
    assert powers(schedule, "pump heat") == pytest.approx([-3, -3])


def test_nothing_flows_in_a_direction_that_has_no_price() -> None:
    # gas cannot be delivered though a store could: what it would be paid is nothing
    store = battery("store", commodity="gas", soc_at_start="4 kWh")

    assert powers(solved(site([0.1, 0.1], store, commodities=[GAS])), "store") == [0, 0]
    paid = GAS | {"production-price": "0.05 EUR/kWh"}
    assert sum(powers(solved(site([0.1, 0.1], store, commodities=[paid])), "store")) == pytest.approx(-4)


def test_without_flexibility_converters_follow_the_need() -> None:
    passive = baseline(read_problem(site([0.1, 0.5], *boiler(), commodities=[GAS, HEAT])))

    assert powers(passive, "boiler heat") == pytest.approx([-6, -6])
    assert passive.costs.total == pytest.approx(2 * 6 / 0.9 * 0.12)
    assert passive.status == "feasible"


@pytest.mark.parametrize(
    ("devices", "message"),
    [
        (heat_pump()[:1], "couples no other device"),
        ([*heat_pump(), battery(coupling="heat pump")], "holds no energy"),
        (
            [*heat_pump(), device("both", power_capacity="1 kW", coupling="heat pump")],
            "one side of a converter",
        ),
    ],
)
def test_what_is_no_side_of_a_converter_is_refused(devices: list[Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        read_problem(site([0.1, 0.2], *devices, commodities=[HEAT]))


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


@st.composite
def heated(draw: st.DrawFn) -> dict[str, Any]:
    """A heat pump, a boiler, a tank, and a battery."""
    n = draw(st.integers(3, 5))
    prices = draw(st.lists(st.integers(-5, 40).map(lambda x: x / 100), min_size=n, max_size=n))
    load = draw(st.lists(one_of(0.0, 2.0, 5.0, 8.0), min_size=n, max_size=n))
    cop = draw(st.lists(one_of(2, 3.1, 4), min_size=n, max_size=n))
    tank = battery("tank", commodity="heat", storage_efficiency=draw(one_of("100%", "95%")))
    heat = {"commodity": "heat", "inflexible-consumption": [series(load, "kW")]}
    return site(
        prices,
        *heat_pump(series(cop, ""), most=f"{draw(one_of(1, 2.5))} kW"),
        *boiler(),
        tank,
        battery(roundtrip_efficiency="81%"),
        commodities=[GAS, heat],
        site_peak_consumption_price=f"{draw(one_of(0, 0.1))} EUR/kW",
        production_price=series([price - 0.02 for price in prices], "EUR/kWh"),
    )


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(heated())
def test_plain_pyomo_finds_the_same_cost(mapping: dict[str, Any]) -> None:
    problem = read_problem(mapping)

    schedule = solve(problem)

    assert schedule.status == "optimal"
    assert schedule.costs.total == pytest.approx(plain_cost(problem.by_name()), abs=2e-6)
    load = np.array(
        mapping["flex_context"]["commodities"][1]["inflexible-consumption"][0]["series"]["values"]
    )
    made = sum(schedule.devices[name].power_kw for name in ("pump heat", "boiler heat", "tank"))
    np.testing.assert_allclose(load + made, 0, atol=1e-6)
