"""What must hold for every problem, over random ones: against an exact oracle, an auditor, and other problems."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from flex_pipeline.scheduling import Schedule, read_problem, solve
from tests.scheduling.dynamic_programme import (
    NoScheduleError,
    Step,
    least_cost,
    least_cost_by_directions,
)
from tests.scheduling.homes import MIDNIGHT, Home, homes, one_of, soft_homes

FEASIBLE = 1e-6  # kW or kWh
MONEY = 2e-6  # EUR: two schedules, each within the gap of 1e-6


def many(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
    )


def solved(home: Home) -> Schedule:
    return solve(read_problem(home.mapping()))


def cost(home: Home) -> float:
    """What a home pays; infinite where no schedule keeps its constraints."""
    schedule = solved(home)
    assert schedule.status in ("optimal", "infeasible")
    return schedule.costs.total if schedule.status == "optimal" else np.inf


@many(150)
@given(homes(convex=True))
def test_a_storage_costs_what_the_dynamic_programme_says(home: Home) -> None:
    assert_least(home, least_cost)


@many(100)
@given(homes(longest=6))
def test_so_does_one_that_gains_by_burning_energy_or_by_selling_dearer_than_it_buys(home: Home) -> None:
    assert_least(home, least_cost_by_directions)


def assert_least(home: Home, oracle: Callable[[Sequence[Step], float], float]) -> None:
    schedule = solved(home)

    try:
        least = oracle(home.steps(), home.batteries[0].start_kwh)
    except NoScheduleError:
        assert schedule.status == "infeasible"
        return
    assert schedule.status == "optimal"
    assert schedule.costs.total == pytest.approx(least, abs=1e-6, rel=0)
    assert schedule.certificate.bound is not None
    assert schedule.certificate.bound <= least + 1e-9


@many(100)
@given(soft_homes(count=2))
def test_an_auditor_confirms_every_certificate(home: Home) -> None:
    schedule = solved(home)

    violation = home.violation(schedule)
    assert schedule.costs.total == pytest.approx(home.cost(schedule), abs=1e-6)
    assert schedule.certificate.primal_violation == pytest.approx(violation, abs=FEASIBLE)
    assert (violation <= FEASIBLE) == (schedule.status == "optimal")
    if schedule.status == "optimal":
        assert schedule.certificate.bound is not None
        assert schedule.certificate.bound <= schedule.costs.total + 1e-9
        assert schedule.costs.total - schedule.certificate.bound <= MONEY
        assert schedule.certificate.gap == schedule.costs.total - schedule.certificate.bound


@many(100)
@given(homes())
def test_an_auditor_confirms_hard_statements_and_by_how_much_they_are_missed(home: Home) -> None:
    schedule = solved(home)

    violation = home.violation(schedule)
    assert schedule.certificate.primal_violation == pytest.approx(violation, abs=FEASIBLE)
    assert (violation <= FEASIBLE) == (schedule.status == "optimal")
    assert schedule.costs.breaches == 0


@many(60)
@given(homes(convex=True, count=2), st.data(), one_of(-1.0, -0.1, 0.1, 1.0))
def test_the_marginal_price_is_the_least_that_more_load_costs_and_the_most_that_less_saves(
    home: Home, data: st.DataObject, more_kw: float
) -> None:
    price = solved(home).marginal_price
    assume(price is not None)
    assert price is not None
    t = data.draw(st.integers(0, home.n - 1))
    load = tuple(kw + more_kw * (i == t) for i, kw in enumerate(home.load_kw))

    # costs are convex in the load: the price is the slope of a line below them
    assert cost(replace(home, load_kw=load)) >= cost(home) + price[t] * more_kw * home.hours - MONEY


@many(60)
@given(soft_homes(), one_of(0.1, 2.0))
def test_more_power_never_costs_more(home: Home, more_kw: float) -> None:
    (battery,) = home.batteries
    stronger = replace(
        battery, charge_kw=battery.charge_kw + more_kw, discharge_kw=battery.discharge_kw + more_kw
    )

    assert cost(replace(home, batteries=(stronger,))) <= cost(home) + MONEY


@many(60)
@given(soft_homes(), one_of(0.5, 20.0))
def test_a_larger_store_never_costs_more(home: Home, more_kwh: float) -> None:
    (battery,) = home.batteries
    larger = replace(battery, ceiling_kwh=battery.ceiling_kwh + more_kwh)

    assert cost(replace(home, batteries=(larger,))) <= cost(home) + MONEY


@many(60)
@given(soft_homes(count=2), one_of(0.5, 10.0))
def test_a_larger_connection_never_costs_more(home: Home, more_kw: float) -> None:
    assert cost(replace(home, connection_kw=home.connection_kw + more_kw)) <= cost(home) + MONEY


@many(60)
@given(soft_homes(count=3), st.permutations(range(3)))
def test_the_order_of_devices_changes_no_cost(home: Home, order: list[int]) -> None:
    permuted = replace(home, batteries=tuple(home.batteries[i] for i in order))

    assert cost(permuted) == pytest.approx(cost(home), abs=MONEY)


@many(60)
@given(homes(count=3), st.permutations(range(3)), st.integers(0, 2**32 - 1))
def test_the_order_of_devices_changes_no_schedule_where_one_alone_is_best(
    home: Home, order: list[int], seed: int
) -> None:
    # a wear price of its own in every step of every device: no two schedules cost the same
    wear = np.random.default_rng(seed).uniform(0.01, 0.05, (3, home.n))
    own = [replace(b, wear=tuple(w)) for b, w in zip(home.batteries, wear.tolist(), strict=True)]
    first = solved(replace(home, batteries=tuple(own)))
    assume(first.status == "optimal")

    second = solved(replace(home, batteries=tuple(own[i] for i in order)))

    for battery in own:
        expected = first.devices[battery.name].power_kw
        np.testing.assert_allclose(second.devices[battery.name].power_kw, expected, atol=1e-5)


@many(60)
@given(homes(count=2), one_of(0.5, 3.0, 1000.0))
def test_costs_grow_with_prices(home: Home, factor: float) -> None:
    scaled = replace(
        home,
        buy=tuple(factor * price for price in home.buy),
        sell=tuple(factor * price for price in home.sell),
    )

    assert cost(scaled) == pytest.approx(factor * cost(home), abs=MONEY * max(1.0, factor))


@many(60)
@given(homes("lossless", asked=False), one_of(-50.0, 20.0), one_of(1.0, 4.0))
def test_a_surcharge_costs_the_energy_that_has_to_be_taken(home: Home, extra: float, end_kwh: float) -> None:
    (battery,) = home.batteries
    kept = replace(battery, retention=1.0, asked=(("soc-targets", home.n, end_kwh),))
    home = replace(home, batteries=(kept,))
    dearer = replace(
        home,
        buy=tuple(price + extra for price in home.buy),
        sell=tuple(price + extra for price in home.sell),
    )

    # what enters by itself need not be bought; all else between start and end of the store must be
    taken = end_kwh - kept.start_kwh + home.n * home.hours * (kept.usage_kw - kept.gain_kw)
    energy = taken + home.hours * sum(home.load_kw)
    assert cost(dearer) == pytest.approx(cost(home) + extra / 1000 * energy, abs=MONEY)


@many(60)
@given(soft_homes(), st.integers(1, 60))
def test_another_day_changes_no_bit(home: Home, days: int) -> None:
    first = solved(home)
    second = solve(read_problem(home.mapping(start=MIDNIGHT + timedelta(days=days))))

    assert_same_bits(first, second)


@many(60)
@given(homes("lossless"))
def test_two_halves_without_losses_cost_what_the_whole_costs(home: Home) -> None:
    (battery,) = home.batteries

    assert cost(replace(home, batteries=battery.halves())) == pytest.approx(cost(home), abs=MONEY)


@many(60)
@given(homes("lossy"))
def test_two_halves_never_cost_more_than_the_whole(home: Home) -> None:
    # they can cost less: one charges from the other, which burns energy where that pays
    (battery,) = home.batteries

    assert cost(replace(home, batteries=battery.halves())) <= cost(home) + MONEY


@many(40)
@given(homes())
def test_finer_steps_never_cost_more(home: Home) -> None:
    finer = solve(read_problem(home.mapping(split=4)))

    assert (finer.costs.total if finer.status == "optimal" else np.inf) <= cost(home) + MONEY


@many(40)
@given(soft_homes(count=2))
def test_reading_and_solving_twice_gives_the_same_bits_and_leaves_the_input_alone(home: Home) -> None:
    mapping = home.mapping()
    before = json.dumps(mapping)

    problem = read_problem(mapping)
    first, again, reread = solve(problem), solve(problem), solve(read_problem(mapping))

    assert json.dumps(mapping) == before
    assert_same_bits(first, again)
    assert_same_bits(first, reread)


@many(25)
@given(st.lists(soft_homes(count=2) | homes(), min_size=2, max_size=4))
def test_what_was_solved_before_changes_no_bit(several: list[Home]) -> None:
    in_order = [solved(home) for home in several]
    backwards = [solved(home) for home in reversed(several)][::-1]

    for first, second in zip(in_order, backwards, strict=True):
        assert_same_bits(first, second)


def assert_same_bits(first: Schedule, second: Schedule) -> None:
    assert list(first.devices) == list(second.devices)
    for name, device in first.devices.items():
        np.testing.assert_array_equal(device.power_kw, second.devices[name].power_kw)
        np.testing.assert_array_equal(device.soc_kwh, second.devices[name].soc_kwh)
    np.testing.assert_array_equal(first.site_power_kw, second.site_power_kw)
    assert (first.marginal_price is None) == (second.marginal_price is None)
    if first.marginal_price is not None and second.marginal_price is not None:
        np.testing.assert_array_equal(first.marginal_price, second.marginal_price)
    assert (first.status, first.costs, first.certificate) == (second.status, second.costs, second.certificate)
    assert (first.breaches, first.diagnosis is None) == (second.breaches, second.diagnosis is None)
