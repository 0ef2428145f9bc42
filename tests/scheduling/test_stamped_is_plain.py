"""The stamped program against the plain Pyomo model of the same problem, solved as it stands by another interface."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flex_pipeline.scheduling import read_problem, solve
from flex_pipeline.scheduling.placing import place
from tests.scheduling.plain import plain_cost
from tests.scheduling.sites import at, battery, process, series, site

few = st.sampled_from
kilowatts = few(["1 kW", "2.5 kW", "4 kW"])


def maybe(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


def statement(hours: int, values: list[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    return st.builds(lambda v, t: [{"value": v, "datetime": at(t)}], few(values), st.integers(2, hours))


def storages(hours: int) -> st.SearchStrategy[dict[str, Any]]:
    return maybe(
        {
            "soc_at_start": few(["1 kWh", "4 kWh"]),
            "soc_min": few(["0.5 kWh", "1 kWh"]),
            "soc_minima": statement(hours, ["2 kWh", "5 kWh"]),
            "soc_targets": statement(hours, ["3 kWh", "6 kWh"]),
            "soc_usage": few([["0.3 kW"], ["0.5 kW", "0.2 kW"]]),
            "soc_value_at_end": few(["0.05 EUR/kWh", "0.2 EUR/kWh"]),
            "roundtrip_efficiency": few(["81%", "90%"]),
            "storage_efficiency": few(["95%", "99%"]),
            "production_capacity": kilowatts,
            "minimum_charging_power": few(["1 kW", "2 kW"]),
            "maximum_cycles_per_day": few(["0.3", "1"]),
            "wear_price": few(["0.01 EUR/kWh", "0.05 EUR/kWh"]),
            "prefer_charging_sooner": st.booleans(),
            "operation_modes": few(
                [
                    [{"consumption-range": ["0 kW", "1 kW"]}, {"consumption-range": ["2 kW", "5 kW"]}],
                    [{"production-range": ["2 kW", "5 kW"]}, {"consumption-range": ["0 kW", "0 kW"]}],
                ]
            ),
        }
    )


def contexts(hours: int) -> st.SearchStrategy[dict[str, Any]]:
    cents = st.lists(st.integers(-10, 40), min_size=hours, max_size=hours)
    return maybe(
        {
            "production_price": cents.map(lambda given: series([c / 100 for c in given], "EUR/kWh")),
            "site_power_capacity": few(["6 kW", "9 kW"]),
            "site_consumption_capacity": few(["2 kW", "4 kW"]),
            "site_consumption_breach_price": few(["0.1 EUR/kW", "2 EUR/kW"]),
            "site_peak_consumption": few(["1 kW", "3 kW"]),
            "site_peak_consumption_price": few(["0.2 EUR/kW", "1 EUR/kW"]),
            "inflexible_consumption": cents.map(lambda given: [series([abs(c) / 10 for c in given], "kW")]),
            "commitments": few(
                [
                    [
                        {
                            "name": "a",
                            "baseline": "1 kW",
                            "up-price": "0.2 EUR/kWh",
                            "down-price": "-0.1 EUR/kWh",
                        }
                    ],
                    [
                        {
                            "name": "a",
                            "baseline": "-1 kW",
                            "up-price": "0.1 EUR/kWh",
                            "down-price": "0.3 EUR/kWh",
                        }
                    ],
                ]
            ),
        }
    )


@st.composite
def sites(draw: st.DrawFn) -> dict[str, Any]:
    hours = draw(st.integers(3, 6))
    prices = [cent / 100 for cent in draw(st.lists(st.integers(-15, 40), min_size=hours, max_size=hours))]
    devices = [battery(**draw(storages(hours)))]
    if draw(st.booleans()):
        devices.append(
            {"name": "sun", "flex_model": {"production-capacity": "3 kW", "consumption-capacity": "0 kW"}}
        )
    if draw(st.booleans()):
        devices.append(
            {"name": "heater", "flex_model": {"power-capacity": "2 kW", "shares-stock-of": "battery"}}
        )
    if draw(st.booleans()):
        devices.append(process(draw(few(["SHIFTABLE", "BREAKABLE"])), draw(kilowatts), hours=2))
    return site(prices, *devices, **draw(contexts(hours)))


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(sites())
def test_both_cost_the_same(document: dict[str, Any]) -> None:
    problem = read_problem(document)
    schedule, expected = solve(problem), plain_cost(place(problem).rest)

    if expected is None:
        assert schedule.status == "infeasible"
    else:
        assert schedule.status == "optimal"
        assert schedule.certificate.primal_violation <= 1e-6
        assert schedule.costs.total == pytest.approx(expected, rel=1e-7, abs=3e-6)
