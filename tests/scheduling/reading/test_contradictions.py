"""Statements that exclude each other are refused with field and time; what is out of reach is not."""

from __future__ import annotations

from typing import Any

import pytest

from flex_pipeline.scheduling import Problem, ProblemError, read_problem, solve
from tests.scheduling.sites import at, battery, site


def problem(hard: bool = True, **changes: Any) -> Problem:
    return read_problem(site([0.1] * 4, battery(**changes), relax_constraints=not hard))


def refusal(**changes: Any) -> str:
    with pytest.raises(ProblemError) as caught:
        problem(**changes)
    return str(caught.value)


def instant(value: str, hour: int = 2) -> list[dict[str, str]]:
    return [{"value": value, "datetime": at(hour)}]


EXCLUSIVE = [
    (
        {"soc_minima": instant("8 kWh"), "soc_maxima": instant("5 kWh")},
        "battery.soc-minima: is 8 kWh at 2024-06-03 02:00, above soc-maxima of 5 kWh",
    ),
    (
        {"soc_targets": instant("12 kWh")},
        "battery.soc-targets: is 12 kWh at 2024-06-03 02:00, above soc-max of 10 kWh",
    ),
    (
        {"soc_targets": instant("1 kWh"), "soc_min": "2 kWh"},
        "battery.soc-targets: is 1 kWh at 2024-06-03 02:00, below soc-min of 2 kWh",
    ),
    (
        {"soc_targets": instant("3 kWh"), "soc_minima": instant("4 kWh")},
        "battery.soc-targets: is 3 kWh at 2024-06-03 02:00, below soc-minima of 4 kWh",
    ),
    (
        {"soc_targets": instant("3 kWh"), "soc_maxima": instant("2 kWh")},
        "battery.soc-targets: is 3 kWh at 2024-06-03 02:00, above soc-maxima of 2 kWh",
    ),
    (
        {"soc_at_end": "6 kWh", "soc_maxima": instant("5 kWh", 4)},
        "battery.soc-minima: is 6 kWh at 2024-06-03 04:00, above soc-maxima of 5 kWh",
    ),
]


@pytest.mark.parametrize(("changes", "message"), EXCLUSIVE)
def test_hard_statements_that_exclude_each_other_are_refused(changes: dict[str, Any], message: str) -> None:
    assert refusal(**changes) == message


@pytest.mark.parametrize(("changes", "message"), EXCLUSIVE)
def test_soft_ones_are_kept_as_well_as_can_be_with_a_notice(changes: dict[str, Any], message: str) -> None:
    found = problem(hard=False, **changes)

    assert f"{message}: not both can be kept" in found.notices
    assert solve(found).status == "optimal"


def test_statements_that_touch_do_not_exclude_each_other() -> None:
    found = problem(
        soc_minima=instant("5 kWh"),
        soc_maxima=instant("5 kWh"),
        soc_targets=instant("5 kWh"),
        soc_max="5 kWh",
    )

    assert solve(found).status == "optimal"


def test_what_cannot_be_reached_is_a_result_and_no_fault() -> None:
    schedule = solve(problem(soc_targets=instant("9 kWh", 1)))

    assert schedule.status == "infeasible"
    assert schedule.diagnosis is not None


@pytest.mark.parametrize("name", ["soc_min", "soc_at_end"])
def test_more_than_the_store_holds_is_refused(name: str) -> None:
    field = name.replace("_", "-")

    assert refusal(**{name: "12 kWh"}) == f"battery.{field}: is 12 kWh, above soc-max of 10 kWh"


@pytest.mark.parametrize(
    ("start", "message"),
    [("1 kWh", "is 1 kWh, below soc-min of 2 kWh"), ("11 kWh", "is 11 kWh, above soc-max of 10 kWh")],
)
def test_a_start_outside_the_store_is_told_and_put_right_in_the_first_step(start: str, message: str) -> None:
    found = problem(soc_at_start=start, soc_min="2 kWh")

    assert message in found.notices[0]
    assert solve(found).status == "optimal"


def test_what_is_asked_at_the_start_itself_is_said_to_have_no_effect() -> None:
    found = problem(soc_targets=instant("5 kWh", 0))

    assert found.stocks[0].targets is None
    assert found.notices == (
        "battery.soc-targets: what is asked at the start itself has no effect: soc-at-start holds",
    )


def test_of_two_targets_at_one_instant_the_first_counts_and_the_other_is_told() -> None:
    found = problem(soc_targets=[*instant("5 kWh"), *instant("6 kWh")])

    assert found.stocks[0].targets is not None
    assert found.stocks[0].targets.kwh[1] == 5
    assert "another one stands before that of 2024-06-03 02:00" in found.notices[0]


def test_modes_that_the_capacities_rule_out_are_refused_with_their_hours() -> None:
    modes = [{"consumption-range": ["3 kW", "5 kW"]}]
    away = [
        {"value": "5 kW", "start": at(0), "end": at(1)},
        {"value": "0 kW", "start": at(1), "end": at(3)},
    ]

    message = refusal(operation_modes=modes, consumption_capacity=away)

    assert message == (
        "battery.operation-modes: allow no power within the capacities 2024-06-03 01:00 to 03:00"
    )


def test_a_minimum_charging_power_above_the_capacity_is_refused() -> None:
    assert "it could never charge" in refusal(minimum_charging_power="6 kW")


def test_hours_in_which_the_minimum_cannot_be_met_are_told() -> None:
    minimum = [{"value": "6 kW", "start": at(1), "end": at(3)}]

    found = problem(minimum_charging_power=minimum)

    assert "2024-06-03 01:00 to 03:00: it cannot charge then" in found.notices[0]


def test_a_heat_pump_that_may_produce_is_told_to_make_energy_from_nothing() -> None:
    (notice,) = problem(charging_efficiency="300%").notices

    assert "gives back more than it takes in 2024-06-03 00:00 to 04:00" in notice
    assert problem(charging_efficiency="300%", production_capacity="0 kW").notices == ()
