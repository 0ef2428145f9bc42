from __future__ import annotations

from typing import Any

import pytest

from flex_pipeline.scheduling import ProblemError, Schedule, read_problem, solve
from tests.scheduling.sites import battery, site

UP_AND_DOWN = [0.1, 0.3, 0.1, 0.3, 0.1, 0.2]
SMALL = {"soc_max": "4 kWh", "power_capacity": "4 kW"}


def limited(prices: list[float], cycles: str, **changes: Any) -> Schedule:
    return solve(read_problem(site(prices, battery(maximum_cycles_per_day=cycles, **SMALL | changes))))


@pytest.mark.parametrize(
    ("cycles", "cost", "worth"),
    [
        ("3", -2.0, 0.0),  # all three: 4 kWh·(0.2 + 0.2 + 0.1)
        ("2", -1.6, 0.2),  # the two that earn 0.20; a half and a half would earn as much
        ("1", -0.8, 0.2),
        ("0.5", -0.4, 0.2),
        (
            "0%",
            0.0,
            0.3,
        ),  # the first kWh earns 0.20, but could then be had from a charge at 0.10 and a later one
    ],
)
def test_so_many_times_a_day_the_store_may_be_emptied(cycles: str, cost: float, worth: float) -> None:
    schedule = limited(UP_AND_DOWN, cycles)

    assert schedule.status == "optimal"
    assert schedule.costs.total == pytest.approx(cost)
    found = [price.values[0] for price in schedule.shadow_prices if price.family == "cycle_limit"]
    if cycles != "0%":  # where nothing may be taken, what more would earn depends on how much more
        assert sum(found) == pytest.approx(worth)


def test_energy_counts_as_it_leaves_the_store() -> None:
    # 4 kWh may leave the store, of which 90 % reach the connection
    schedule = limited([0.0, 0.3, 0.0, 0.3], "1", discharging_efficiency="90%")

    assert schedule.costs.total == pytest.approx(-0.3 * 4 * 0.9)


def test_all_devices_that_share_a_stock_share_its_cycles() -> None:
    owner = battery("owner", maximum_cycles_per_day="0.5", **SMALL)
    other = {"name": "other", "flex_model": {"power-capacity": "4 kW", "shares-stock-of": "owner"}}

    schedule = solve(read_problem(site([0.1, 0.3], owner, other)))

    assert schedule.costs.total == pytest.approx(-0.2 * 2)


def test_days_are_local_and_of_any_length() -> None:
    # from 22:00 the day before: two hours of one day, and the first two of the next
    document = site([0.1, 0.3, 0.1, 0.3], battery(maximum_cycles_per_day="1", **SMALL))
    moved = {**document, "start": "2024-06-02T22:00+02:00", "end": "2024-06-03T02:00+02:00"}
    series = moved["flex_context"]["consumption-price"]["series"]
    moved["flex_context"] = {"consumption-price": {"series": {**series, "start": moved["start"]}}}

    assert solve(read_problem(moved)).costs.total == pytest.approx(-0.2 * 4 * 2)
    assert solve(read_problem(document)).costs.total == pytest.approx(-0.2 * 4)


def test_a_limit_that_cannot_be_kept_is_diagnosed() -> None:
    # 4 kWh must be out by the end, of which 1 may
    empty = [{"value": "0 kWh", "datetime": "2024-06-03T02:00+02:00"}]
    device = battery(maximum_cycles_per_day="0.25", soc_targets=empty, **SMALL | {"soc_at_start": "4 kWh"})

    schedule = solve(read_problem(site([0.1, 0.1], device, relax_constraints=False)))

    assert schedule.status == "infeasible"
    text = str(schedule.diagnosis)
    assert "raising maximum-cycles-per-day of battery by 3 kWh" in text
    assert "raising soc-targets of battery by 3 kWh" in text


def test_it_needs_a_store_of_known_size() -> None:
    with pytest.raises(ProblemError, match="maximum-cycles-per-day: counts in full stores: give soc-max"):
        read_problem(
            site(
                [0.1], {"name": "b", "flex_model": {"power-capacity": "1 kW", "maximum-cycles-per-day": "1"}}
            )
        )
