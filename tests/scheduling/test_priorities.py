"""Priorities: who is served first, and who alike, where it costs nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scheduling.plans import powers, solved, stock
from tests.scheduling.sites import at, battery, series, site

FLAT = [0.1, 0.1, 0.1]


def car(name: str, **fields: Any) -> dict[str, Any]:
    """8 kWh are asked of it at three o'clock."""
    asked = [{"value": "8 kWh", "datetime": at(3)}]
    return battery(name, production_capacity="0 kW", soc_minima=asked, **fields)


@pytest.mark.parametrize(("of_a", "of_b", "expected"), [(1, 0, [8, 4]), (0, 1, [4, 8]), (2, 7, [4, 8])])
def test_of_two_cars_the_one_of_higher_priority_is_filled_first(
    of_a: int, of_b: int, expected: list[float]
) -> None:
    # 12 kWh come in by 4 kW, 16 are asked for: it costs the same whoever lacks 4
    cars = car("a", priority=of_a), car("b", priority=of_b)

    schedule = solved(site(FLAT, *cars, site_power_capacity="4 kW"))

    assert [stock(schedule, name)[-1] for name in "ab"] == pytest.approx(expected)
    first = "a" if of_a > of_b else "b"
    assert powers(schedule, first) == pytest.approx([4, 4, 0])


def test_equals_are_filled_alike_at_any_time() -> None:
    schedule = solved(site(FLAT, car("a", priority=1), car("b", priority=1), site_power_capacity="4 kW"))

    assert powers(schedule, "a") == pytest.approx([2, 2, 2])
    assert powers(schedule, "b") == pytest.approx([2, 2, 2])


def test_a_larger_store_gets_more_so_that_both_are_equally_full() -> None:
    cars = car("a", priority=1), car("b", priority=1, soc_max="30 kWh", power_capacity="20 kW")

    schedule = solved(site(FLAT, *cars, site_power_capacity="4 kW"))

    # 10 and 30 kWh: one to three, but for the last hour, since more than the 8 kWh asked for would cost
    assert powers(schedule, "a") == pytest.approx([1, 1, 2])
    assert powers(schedule, "b") == pytest.approx([3, 3, 2])


def test_two_who_are_there_share_alike_while_a_third_is_away() -> None:
    away = [
        {"value": "0 kW", "start": at(0), "end": at(2)},
        {"value": "5 kW", "start": at(2), "end": at(3)},
    ]
    cars = car("a", priority=1, consumption_capacity=away), car("b", priority=1), car("c", priority=1)

    schedule = solved(site(FLAT, *cars, site_power_capacity="4 kW"))

    # they have 4 kWh each when the third comes, which then gets all there is
    assert powers(schedule, "b") == powers(schedule, "c") == pytest.approx([2, 2, 0])
    assert powers(schedule, "a") == pytest.approx([0, 0, 4])


def test_no_priority_is_worth_money() -> None:
    # the one of higher priority has the dearer way in: filling it costs more, so it waits
    wasteful = battery("a", priority=9, charging_efficiency="50%")

    schedule = solved(site([0.1, 0.3], wasteful, battery("b"), site_power_capacity="4 kW"))

    assert powers(schedule, "a") == [0, 0]
    assert powers(schedule, "b") == [4, -4]


def test_what_is_curtailed_is_curtailed_alike() -> None:
    def panels(name: str, kw: list[float | None], priority: int) -> dict[str, Any]:
        model = {
            "consumption-capacity": "0 kW",
            "production-capacity": series(kw, "kW"),
            "priority": priority,
        }
        return {"name": name, "flex_model": {"power-capacity": "10 kW", **model}}

    def shared(first: int, second: int) -> list[list[float]]:
        two = panels("p", [2, 6, 0], first), panels("q", [4, 6, 0], second)
        schedule = solved(site(FLAT, *two, site_production_capacity="3 kW"))
        return [powers(schedule, name) for name in "pq"]

    # half of 2 and 4 kW, and a quarter of twice 6
    assert shared(1, 1) == [pytest.approx([-1, -1.5, 0]), pytest.approx([-2, -1.5, 0])]
    assert shared(2, 1) == [pytest.approx([-2, -3, 0]), pytest.approx([-1, 0, 0])]
