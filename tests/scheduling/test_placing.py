from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flex_pipeline.scheduling import read_problem, solve
from flex_pipeline.scheduling.placing import place
from tests.scheduling.sites import at, process, site

# 8 dear, 8 cheap, 8 dear hours
DAY = [0.3] * 8 + [0.1] * 8 + [0.3] * 8


def hours(mapping: dict[str, Any]) -> list[int]:
    return np.flatnonzero(solve(read_problem(mapping)).devices["process"].power_kw).tolist()


def blocked(*starts: int) -> list[dict[str, str]]:
    return [{"start": at(start), "duration": "PT1H"} for start in starts]


@pytest.mark.parametrize(
    ("kind", "restrictions", "expected"),
    [
        ("INFLEXIBLE", [], [0, 1, 2, 3]),
        ("INFLEXIBLE", blocked(2), [3, 4, 5, 6]),
        ("SHIFTABLE", [], [8, 9, 10, 11]),
        ("SHIFTABLE", blocked(8, 9), [10, 11, 12, 13]),
        ("BREAKABLE", blocked(9, 11, 13, 15), [8, 10, 12, 14]),
    ],
)
def test_a_lone_process_runs_where_the_reference_says(
    kind: str, restrictions: list[dict[str, str]], expected: list[int]
) -> None:
    assert hours(site(DAY, process(kind, hours=4, time_restrictions=restrictions))) == expected


def test_max_seeks_the_dearest_time() -> None:
    prices = [0.1, 0.2, 0.5, 0.4, 0.1]

    assert hours(site(prices, process("SHIFTABLE", optimization_sense="MAX"))) == [2, 3]
    assert hours(site(prices, process("BREAKABLE", optimization_direction="MAX"))) == [2, 3]


def test_a_process_longer_than_the_window_fills_it() -> None:
    assert hours(site(DAY, process("SHIFTABLE", hours=48))) == list(range(24))


def test_the_earliest_of_equal_times_wins() -> None:
    assert hours(site([0.1] * 6, process("SHIFTABLE"))) == [0, 1]
    assert hours(site([0.1] * 6, process("BREAKABLE"))) == [0, 1]


def test_a_lone_process_uses_the_sun_when_selling_pays_less() -> None:
    mapping = site(
        [0.2] * 4, process("SHIFTABLE"), production_price="0.05 EUR/kWh", inflexible_production=["0 kW"]
    )
    mapping["flex_context"]["inflexible-production"] = [[{"value": "2 kW", "start": at(2), "end": at(4)}]]

    assert hours(mapping) == [2, 3]


def test_a_lone_process_avoids_hours_in_which_the_connection_is_full() -> None:
    load = [[{"value": "3 kW", "start": at(1), "end": at(2)}]]
    mapping = site(
        [0.1, 0.1, 0.2, 0.3], process("SHIFTABLE"), site_power_capacity="4 kW", inflexible_consumption=load
    )

    schedule = solve(read_problem(mapping))

    assert np.flatnonzero(schedule.devices["process"].power_kw).tolist() == [2, 3]
    assert schedule.status == "optimal"


def test_only_what_depends_on_nothing_else_is_placed_beforehand() -> None:
    alone = read_problem(site(DAY, process("SHIFTABLE")))
    with_peak = read_problem(site(DAY, process("SHIFTABLE"), site_peak_consumption_price="1 EUR/kW"))

    assert list(place(alone).runs) == ["process"]
    assert list(place(with_peak).runs) == []
