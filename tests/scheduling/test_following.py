"""A plan that is followed where the world turned out otherwise: what it does, and what that costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from flex_pipeline.scheduling import Schedule, read_problem, solve
from flex_pipeline.scheduling.following import Followed, follow
from tests.scheduling.homes import Home, soft_homes
from tests.scheduling.sites import at, battery, process, series, site

MONEY = 4e-6  # EUR: a plan, its rest and the best one, each within the gap of 1e-6
FEASIBLE = 1e-5  # kW or kWh


@st.composite
def surprises(draw: st.DrawFn) -> tuple[Home, Home, int]:
    """A home as it was forecast, as it turned out, and the number of steps that were planned."""
    forecast = draw(soft_homes(count=2))
    n = forecast.n
    prices = st.lists(st.integers(-100, 400).map(float), min_size=n, max_size=n).map(tuple)
    loads = st.lists(st.sampled_from([-4.0, 0.0, 0.5, 2.5]), min_size=n, max_size=n).map(tuple)
    turned_out = replace(
        forecast,
        buy=draw(prices),
        load_kw=draw(loads),
        batteries=tuple(
            replace(battery, usage_kw=draw(st.sampled_from([0.0, battery.usage_kw, 0.6])))
            for battery in forecast.batteries
        ),
    )
    return forecast, turned_out, draw(st.integers(1, n))


def planned(home: Home) -> Schedule:
    plan = solve(read_problem(home.mapping()))
    assume(plan.status == "optimal")
    return plan


def followed(home: Home, plan: Schedule, n: int) -> Followed:
    powers = {name: device.power_kw[:n] for name, device in plan.devices.items()}
    return follow(read_problem(home.mapping()), powers)


def many(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


@many(150)
@given(surprises())
def test_no_plan_that_can_be_followed_is_cheaper_than_perfect_foresight(
    drawn: tuple[Home, Home, int],
) -> None:
    forecast, turned_out, n = drawn
    found = followed(turned_out, planned(forecast), n)
    assume(found.plan.violation <= FEASIBLE)

    best = solve(read_problem(turned_out.mapping()))

    assert best.status == "optimal"
    assert found.cost >= best.costs.total - MONEY


@many(150)
@given(surprises())
def test_what_was_forecast_exactly_costs_nothing(drawn: tuple[Home, Home, int]) -> None:
    home, _, n = drawn
    plan = planned(home)

    found = followed(home, plan, n)

    assert found.plan.violation <= FEASIBLE
    assert found.departed_kwh == pytest.approx(0, abs=1e-5)
    assert found.cost == pytest.approx(plan.costs.total, abs=MONEY)


def test_after_what_was_planned_comes_the_best() -> None:
    # bought at 0.1 in hour 0, as planned; but hour 2, for which nothing was planned, is the dear one
    problem = read_problem(
        site([0.1, 0.1, 0.5, 0.1], battery(), production_price=series([0.1, 0.1, 0.5, 0.1], "EUR/kWh"))
    )

    found = follow(problem, {"battery": np.array([5.0, 0.0])})

    np.testing.assert_allclose(found.plan.power_kw["battery"], [5, 0, -5, 0], atol=1e-6)
    assert found.cost == pytest.approx(5 * 0.1 - 5 * 0.5)


def test_a_stock_that_is_full_earlier_than_planned_takes_what_it_can() -> None:
    problem = read_problem(site([0.1] * 4, battery(soc_at_start="8 kWh")))

    found = follow(problem, {"battery": np.array([0.0, 3.0, 3.0, 0.0])})

    np.testing.assert_allclose(found.plan.power_kw["battery"], [0, 2, 0, 0], atol=1e-9)
    assert found.departed_kwh == pytest.approx(4)


def test_a_stock_that_would_run_empty_is_filled_as_late_as_it_can_be() -> None:
    # the car is away in hour 2, and drives 6 kWh instead of the 3 that were charged for
    away = series([5, 5, 0, 5], "kW")
    car = battery(
        consumption_capacity=away, production_capacity="0 kW", soc_usage=[series([0, 0, 6, 0], "kW")]
    )
    problem = read_problem(site([0.1] * 4, car))

    found = follow(problem, {"battery": np.array([3.0, 0.0, 0.0, 0.0])})

    np.testing.assert_allclose(found.plan.power_kw["battery"], [3, 3, 0, 0], atol=1e-9)
    assert found.plan.violation <= FEASIBLE


def test_charging_gives_way_to_a_load_that_nobody_expected() -> None:
    load = series([4.0, 4.0], "kW")
    problem = read_problem(
        site([0.1] * 2, battery(), inflexible_consumption=[load], site_power_capacity="6 kW")
    )

    found = follow(problem, {"battery": np.array([5.0, 1.0])})

    np.testing.assert_allclose(found.plan.power_kw["battery"], [2, 1], atol=1e-9)


def test_a_process_runs_when_it_was_planned() -> None:
    dish_washer = process("SHIFTABLE")
    problem = read_problem(site([0.3, 0.3, 0.1, 0.1], dish_washer))

    found = follow(problem, {"process": np.array([2.0, 2.0, 0.0, 0.0])})

    assert found.cost == pytest.approx(2 * 2 * 0.3)  # 2 kW for 2 hours, and 0.8 where it had waited
    assert solve(problem).costs.total == pytest.approx(2 * 2 * 0.1)


def test_a_peak_of_the_day_is_not_paid_again_after_it() -> None:
    # 5 kW were drawn by plan: a peak of 5 EUR; the target after it may draw as much at no further peak
    problem = read_problem(
        site(
            [0.1] * 4,
            battery(soc_targets=[{"value": "10 kWh", "datetime": at(3)}]),
            site_peak_consumption="0 kW",
            site_peak_consumption_price="1 EUR/kW",
        )
    )

    found = follow(problem, {"battery": np.array([5.0, 0.0])})

    np.testing.assert_allclose(found.plan.power_kw["battery"][:3], [5, 0, 5], atol=1e-6)
    assert found.plan.costs.peaks == pytest.approx(5)


def test_a_plan_that_cannot_keep_a_limit_says_by_how_much() -> None:
    problem = read_problem(
        site(
            [0.1] * 2,
            battery(),
            inflexible_consumption=[series([7.0, 1.0], "kW")],
            site_power_capacity="6 kW",
        )
    )

    found = follow(problem, {"battery": np.array([0.0, 0.0])})

    assert found.plan.violation == pytest.approx(1)
