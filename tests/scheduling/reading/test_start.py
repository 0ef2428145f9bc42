"""Where a plan starts from: hourly steps from midnight, a store of 10 kWh."""

from __future__ import annotations

from typing import Any

import pytest

from flex_pipeline.scheduling import Problem, ProblemError, read_problem
from tests.scheduling.sites import at, battery, series, site

BEFORE = "2024-06-02T{}:00+02:00"


def problem(measured: Any, **changes: Any) -> Problem:
    device = battery(state_of_charge=measured, **changes)
    if "soc_at_start" not in changes:
        del device["flex_model"]["soc-at-start"]
    return read_problem(site([0.1] * 8, device))


def start(measured: Any, **changes: Any) -> float:
    return problem(measured, **changes).stocks[0].start_kwh


def instants(*given: tuple[str, str]) -> list[dict[str, str]]:
    return [{"datetime": when, "value": value} for when, value in given]


def test_the_nearest_measurement_is_the_start_and_is_told() -> None:
    found = problem(instants((BEFORE.format(21), "2 kWh"), (BEFORE.format(23), "3 kWh"), (at(2), "4 kWh")))

    assert found.stocks[0].start_kwh == 3
    assert found.notices == ("battery.soc-at-start: is 3 kWh as measured at 2024-06-02 23:00",)


def test_of_two_equally_near_the_later_one_counts() -> None:
    assert start(instants((at(1), "4 kWh"), (BEFORE.format(23), "3 kWh"))) == 4


def test_a_series_is_read_at_the_start_of_its_intervals() -> None:
    # 00:00 is unknown, 01:00 is the nearest
    assert start(series([None, 6, 7], "kWh")) == 6


def test_percentages_are_of_the_size_of_the_store() -> None:
    assert start(series([50], "%")) == 5
    assert start(instants((at(0), "80%"))) == 8


def test_four_steps_away_still_counts_and_beyond_is_refused() -> None:
    assert start(instants((BEFORE.format(20), "2 kWh"))) == 2
    with pytest.raises(ProblemError, match="was not measured within 4 steps of 2024-06-03 00:00"):
        problem(instants((BEFORE.format(19), "2 kWh")))


def test_a_start_that_is_stated_wins() -> None:
    assert start(instants((at(0), "2 kWh")), soc_at_start="7 kWh") == 7
    assert start(instants((at(0), "2 kWh")), soc_at_start="50%") == 5
