"""Processes, a storage and sun at one connection: random sites against plain Pyomo, and one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from flex_pipeline.scheduling import Problem, ProblemError, Schedule, baseline, read_problem, solve
from flex_pipeline.scheduling.placing import one_after_the_other
from flex_pipeline.scheduling.process import Run
from tests.scheduling.plain import plain_cost
from tests.scheduling.sites import at, battery, process, series, site

SLOW = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}
EXACT = 2e-6  # each to a gap of 1e-6


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


@st.composite
def shiftable(draw: st.DrawFn) -> dict[str, Any]:
    hours, limits = draw(st.integers(1, 3)), {}
    if draw(st.booleans()):
        limits["runs"] = draw(st.integers(1, 3))
        limits["minimum_pause"] = draw(one_of("PT1H", "PT2H"))
    device = process("SHIFTABLE", draw(one_of("1 kW", "3 kW")), hours, **limits)
    if draw(st.booleans()):
        powers = draw(st.lists(one_of(0, 1, 3), min_size=1, max_size=4))
        phases = [{"power": f"{power} kW", "duration": "PT45M"} for power in powers]
        del device["flex_model"]["power"], device["flex_model"]["duration"]
        device["flex_model"]["load-profile"] = phases
    return device


@st.composite
def breakable(draw: st.DrawFn) -> dict[str, Any]:
    hours, limits = draw(st.integers(1, 4)), {}
    if draw(st.booleans()):
        limits["minimum_block_duration"] = f"PT{draw(st.integers(1, hours))}H"
    if draw(st.booleans()):
        limits["maximum_blocks"] = draw(st.integers(1, 2))
    if draw(st.booleans()):
        limits["minimum_pause"] = draw(one_of("PT1H", "PT2H"))
    return process("BREAKABLE", draw(one_of("1 kW", "2 kW")), hours, **limits)


@st.composite
def sites(draw: st.DrawFn, most: int = 3) -> dict[str, Any]:
    """Two prices, a load, perhaps a battery, a peak price, a small connection, and sun that may be curtailed."""
    n = draw(st.integers(8, 11))
    prices = draw(st.lists(one_of(0.1, 0.2, 0.3, 0.45, -0.05), min_size=n, max_size=n))
    devices = draw(st.lists(shiftable() | breakable(), min_size=1, max_size=most))
    for i, device in enumerate(devices):
        device["name"] = f"p{i}"
        if i and draw(one_of(True, False)):
            device["flex_model"]["after"] = [f"p{draw(st.integers(0, i - 1))}"]
        if draw(one_of(True, False, False)):
            device["flex_model"]["latest-end"] = at(draw(st.integers(n - 3, n)))
    if draw(one_of(True, True, False)):
        devices.append(battery(soc_at_start="2 kWh", roundtrip_efficiency=draw(one_of("100%", "90%"))))
    if draw(st.booleans()):
        sun = series(draw(st.lists(one_of(0.0, 2.0, 4.0), min_size=n, max_size=n)), "kW")
        model = {"power-capacity": "4 kW", "consumption-capacity": "0 kW", "production-capacity": sun}
        devices.append({"name": "pv", "flex_model": model})
    load = series(draw(st.lists(one_of(0.0, 1.0, 2.0), min_size=n, max_size=n)), "kW")
    context: dict[str, Any] = {
        "inflexible_consumption": [load],
        "production_price": draw(one_of("0.05 EUR/kWh", "-0.1 EUR/kWh")),
    }
    if draw(st.booleans()):
        context["site_power_capacity"] = draw(one_of("4 kW", "6 kW"))
    if draw(st.booleans()):
        context["site_peak_consumption_price"] = "0.2 EUR/kW"
    return site(prices, *devices, **context)


def problem_of(mapping: dict[str, Any]) -> Problem:
    try:
        return read_problem(mapping)
    except ProblemError:  # no room
        assume(False)
        raise


def assert_exact(schedule: Schedule) -> None:
    assert schedule.status == "optimal", schedule.diagnosis
    assert schedule.certificate.primal_violation <= 1e-6
    assert schedule.certificate.gap is not None
    assert -1e-6 <= schedule.certificate.gap <= EXACT


@settings(max_examples=80, **SLOW)
@given(sites())
def test_a_joint_site_costs_what_plain_pyomo_says(mapping: dict[str, Any]) -> None:
    problem = problem_of(mapping)
    schedule, optimum = solve(problem), plain_cost(problem.by_name())

    assert (schedule.status == "infeasible") == (optimum is None)
    if optimum is not None:
        assert_exact(schedule)
        assert schedule.costs.total == pytest.approx(optimum, abs=EXACT)


@settings(max_examples=40, **SLOW)
@given(sites())
def test_together_costs_no_more_than_one_after_the_other_or_without_flexibility(
    mapping: dict[str, Any],
) -> None:
    problem = problem_of(mapping)
    schedule = solve(problem)
    placed = one_after_the_other(problem)
    fixed = sum((p.power(placed[p.name]) for p in problem.processes), problem.site.fixed_kw)
    others = tuple(name for name in problem.names if name not in placed)
    sequential = solve(
        replace(problem, site=replace(problem.site, fixed_kw=fixed), processes=(), names=others)
    )

    for alternative in (sequential, baseline(problem)):
        if alternative.status != "infeasible":
            assert schedule.status == "optimal"
            assert schedule.costs.total <= alternative.costs.total + EXACT


@settings(max_examples=25, **SLOW)
@given(sites(most=2))
def test_no_process_could_run_sooner_by_itself_at_the_same_cost(mapping: dict[str, Any]) -> None:
    problem = problem_of(mapping)
    schedule = solve(problem)
    # where selling is dearer than buying, the direction of the net power may keep a process where it is
    assume(
        schedule.status == "optimal"
        and (problem.site.consumption_price >= problem.site.production_price).all()
    )
    runs = {
        p.name: (Run(int(np.flatnonzero(schedule.devices[p.name].power_kw)[0]), p.steps),)
        for p in problem.processes
        if not p.breakable and p.runs == 1 and (p.profile_kw > 0).all()
    }

    assume(len(runs) == len(problem.processes) and not any(p.after for p in problem.processes))

    for moved in runs:
        others = {name: found for name, found in runs.items() if name != moved}
        for first in range(runs[moved][0].first):
            placed = {**others, moved: (Run(first, runs[moved][0].steps),)}
            fixed = tuple(p.at(placed[p.name]) for p in problem.processes)
            if all((p.allowed | ~q.allowed).all() for p, q in zip(problem.processes, fixed, strict=True)):
                sooner = solve(replace(problem, processes=fixed))
                assert sooner.status == "infeasible" or sooner.costs.total > schedule.costs.total + 1e-8


@settings(max_examples=25, **SLOW)
@given(sites(), st.randoms(use_true_random=False))
def test_the_order_of_devices_changes_nothing(mapping: dict[str, Any], random: Any) -> None:
    problem = problem_of(mapping)
    shuffled = random.sample(mapping["devices"], len(mapping["devices"]))

    one, other = solve(problem), solve(read_problem(mapping | {"devices": shuffled}))

    for name in problem.names:
        np.testing.assert_array_equal(one.devices[name].power_kw, other.devices[name].power_kw)
