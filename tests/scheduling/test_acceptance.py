"""The acceptance cases that FlexMeasures keeps for storage, and its worked examples, in numbers of our own.

Hourly steps, kW and kWh, EUR per kWh; each optimum is computed by hand in the comment beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flex_pipeline.scheduling import ProblemError, read_problem
from tests.scheduling.plans import between, instant, powers, solved, stock
from tests.scheduling.sites import battery, series, site


def test_what_flows_in_evenly_loses_less_than_what_was_there() -> None:
    store = battery(
        soc_at_start="100 kWh",
        soc_max="200 kWh",
        power_capacity="0 kW",
        storage_efficiency="90%",
        soc_gain=[series([10, 0], "kW")],
        soc_usage=[series([0, 10], "kW")],
    )

    # (0.9 − 1)/ln 0.9 = 0.949122: 100·0.9 + 10·0.949122, and that ·0.9 − 10·0.949122
    assert stock(solved(site([0.1, 0.1], store))) == pytest.approx([100, 99.491222, 80.050878], abs=1e-5)


DEAR_CHEAP_DEAR = [0.3, 0.3, 0.1, 0.1, 0.3, 0.3]
PARTLY_FULL = {"soc_at_start": "4 kWh", "soc_min": "1 kWh"}


@pytest.mark.parametrize(("charging", "discharging"), [(1.0, 1.0), (1.0, 0.999), (0.99, 1.0)])
def test_a_day_of_dear_cheap_and_dear_hours_empties_fills_and_empties(
    charging: float, discharging: float
) -> None:
    device = battery(
        **PARTLY_FULL, charging_efficiency=str(charging), discharging_efficiency=str(discharging)
    )

    schedule = solved(site(DEAR_CHEAP_DEAR, device))

    assert np.array(stock(schedule))[[2, 4, 6]] == pytest.approx([1, 10, 1])
    # 9 kWh of stock are bought at 0.1, 3 and 9 kWh of it sold at 0.3
    assert schedule.costs.total == pytest.approx(9 / charging * 0.1 - 12 * discharging * 0.3)


def test_where_a_cycle_loses_nearly_all_only_what_was_there_is_sold_at_the_very_end() -> None:
    schedule = solved(site(DEAR_CHEAP_DEAR, battery(**PARTLY_FULL, roundtrip_efficiency="1%")))

    # √0.01 of 3 kWh; hours of equal price: as late as possible
    assert powers(schedule) == [0, 0, 0, 0, 0, -0.3]


def test_a_store_that_leaks_half_in_an_hour_is_sold_at_once_and_stays_empty() -> None:
    leaky = battery(soc_at_start="4 kWh", storage_efficiency="50%")

    # 4·0.5 kWh are left to take, at (0.5 − 1)/ln 0.5 = 0.721348 per kW; half of 0.3 is less than 0.2
    schedule = solved(site([0.3, 0.3, 0.2, 0.2, 0.3, 0.3], leaky))

    assert powers(schedule) == pytest.approx([-2 / 0.7213475, 0, 0, 0, 0, 0], abs=1e-5)


NEGATIVE_THEN_POSITIVE = [-0.1, -0.1, -0.1, -0.1, 0.1, 0.1]


def one_hour_store(roundtrip: str, kwh: str) -> dict[str, Any]:
    return battery(soc_at_start=kwh, soc_max=kwh, roundtrip_efficiency=roundtrip)


def test_losses_are_worth_a_cycle_while_consumption_is_paid_for() -> None:
    # 4.5 kWh are 4.05 out and 5 in: a cycle takes 0.95 kWh and is paid for it; then all is sold
    schedule = solved(site(NEGATIVE_THEN_POSITIVE, one_hour_store("81%", "4.5 kWh")))

    assert powers(schedule) == [-4.05, 5, -4.05, 5, 0, -4.05]
    assert schedule.costs.total == pytest.approx(-0.1 * 1.9 - 0.1 * 4.05)


def test_without_losses_there_is_nothing_to_cycle_for() -> None:
    assert powers(solved(site(NEGATIVE_THEN_POSITIVE, one_hour_store("100%", "5 kWh")))) == [0] * 5 + [-5]


def test_where_buying_is_dearer_than_selling_there_is_no_cycle_but_one_sale() -> None:
    selling = {"production_price": series([-0.2] * 4 + [0.05] * 2, "EUR/kWh")}

    schedule = solved(site(NEGATIVE_THEN_POSITIVE, one_hour_store("81%", "4.5 kWh"), **selling))

    assert powers(schedule) == [0, 0, 0, 0, 0, -4.05]


@pytest.mark.parametrize("hard", [True, False])
@pytest.mark.parametrize(
    ("production", "target"), [("0 kW", 1), ("0 kW", 2.5), ("0 kW", 5), ("2 kW", 0), ("2 kW", 0.4)]
)
def test_a_target_within_reach_is_met(production: str, target: float, hard: bool) -> None:
    charger = battery(
        soc_at_start="1 kWh",
        power_capacity="2 kW",
        consumption_capacity="2 kW",
        production_capacity=production,
        soc_targets=instant(f"{target} kWh", 2),
    )

    schedule = solved(site([0.1, 0.3, 0.2, 0.1], charger, relax_constraints=not hard))

    assert schedule.status == "optimal"
    assert stock(schedule)[2] == pytest.approx(target, abs=1e-5)


@pytest.mark.parametrize(("target", "reached"), [("15 kWh", 14), ("5 kWh", 6)])
def test_a_target_out_of_reach_is_missed_by_as_little_as_can_be(target: str, reached: float) -> None:
    charger = battery(
        soc_at_start="10 kWh", soc_max="20 kWh", power_capacity="2 kW", soc_targets=instant(target, 2)
    )

    hard = solved(site([0.1] * 3, charger, relax_constraints=False))
    soft = solved(site([0.1] * 3, charger))

    assert (hard.status, soft.status) == ("infeasible", "optimal")
    assert hard.diagnosis is not None
    assert "by up to 1 kWh at 2024-06-03 02:00" in hard.diagnosis
    assert stock(hard)[2] == stock(soft)[2] == pytest.approx(reached)


def test_a_target_above_the_size_of_the_store_is_refused_or_where_soft_met_as_far_as_it_goes() -> None:
    device = battery(soc_targets=instant("12 kWh", 2))

    with pytest.raises(ProblemError, match="is 12 kWh at 2024-06-03 02:00, above soc-max of 10 kWh"):
        read_problem(site([0.1] * 3, device, relax_constraints=False))
    assert stock(solved(site([0.1] * 3, device)))[2] == pytest.approx(10)


def test_a_breach_that_cannot_be_avoided_is_flat_and_the_only_one() -> None:
    car = battery(
        soc_at_start="4 kWh",
        production_capacity="0 kW",
        soc_targets=[*instant("6 kWh", 1), *instant("8 kWh", 3)],
    )
    cap = {"site_consumption_capacity": "1 kW", "site_consumption_breach_price": "10 EUR/kW"}

    schedule = solved(site([0.1] * 3, car, **cap) | {"resolution": "PT15M"})

    # 2 kWh in the first hour: 1 kW too much at least; 2 kWh in the next two need no breach
    assert powers(schedule) == pytest.approx([2] * 4 + [1] * 8)
    (breach,) = schedule.breaches
    assert (breach.highest, breach.steps) == (pytest.approx(1), (0, 1, 2, 3))
    assert breach.cost == pytest.approx(10 * 1 + 10 * 1 * 1)


RISING = [0.90, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97]


@pytest.mark.parametrize(
    ("context", "expected", "cost"),
    [
        ({}, [0] * 7 + [-8], -8 * 0.97),
        ({"site_production_capacity": "2 kW"}, [0] * 4 + [-2] * 4, -2 * (0.94 + 0.95 + 0.96 + 0.97)),
        # a kW more of peak could bring at most 8 h · 0.07
        (
            {"site_production_capacity": "2 kW", "site_peak_production_price": "1 EUR/kW"},
            [-1] * 8,
            -sum(RISING) + 1,
        ),
    ],
)
def test_capacity_and_peak_price_add_up(context: dict[str, Any], expected: list[float], cost: float) -> None:
    full = battery(soc_at_start="8 kWh", power_capacity="10 kW")

    schedule = solved(site([2.0] * 8, full, production_price=series(list(RISING), "EUR/kWh"), **context))

    assert powers(schedule) == pytest.approx(expected)
    assert schedule.costs.total == pytest.approx(cost)


def test_two_cars_each_take_the_cheapest_hour_before_they_leave() -> None:
    cars = [
        battery(name, production_capacity="0 kW", power_capacity="1 kW", soc_targets=instant("1 kWh", due))
        for name, due in (("late", 6), ("early", 3))
    ]
    prices = [0.5, 0.2, 0.4, 0.3, 0.1, 0.6]

    apart = solved(site(prices, *cars, site_power_capacity="1 kW"))
    together = solved(site(prices, *cars, site_power_capacity="0.5 kW"))

    assert powers(apart, "early") == [0, 1, 0, 0, 0, 0]
    assert powers(apart, "late") == [0, 0, 0, 0, 1, 0]
    # 2 kWh need four hours, two of them before three o'clock; which car takes which is the same money
    assert together.site_power_kw == pytest.approx([0, 0.5, 0.5, 0.5, 0.5, 0])
    assert together.costs.total == pytest.approx(0.5 * (0.2 + 0.4 + 0.3 + 0.1))


def car(**changes: Any) -> dict[str, Any]:
    return battery(
        "car", **{"soc_at_start": "30 kWh", "soc_max": "60 kWh", "power_capacity": "30 kW"} | changes
    )


def test_a_car_below_its_reserve_charges_at_once_however_dear() -> None:
    below = car(soc_at_start="12 kWh", soc_min="15 kWh", power_capacity="10 kW")

    assert powers(solved(site([0.5, 0.2, 0.1], below)), "car") == [3, 0, 0]


def test_a_reserve_that_the_first_step_cannot_reach_is_diagnosed() -> None:
    far_below = car(soc_at_start="2 kWh", soc_min="15 kWh", power_capacity="10 kW")

    schedule = solved(site([0.5, 0.1, 0.1], far_below))

    assert schedule.status == "infeasible"
    assert schedule.diagnosis is not None
    assert "3 kWh" in schedule.diagnosis
    assert powers(schedule, "car")[0] == 10


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({}, [30, -30, -30]),
        # not too full for long
        ({"soc_maxima": between("51 kWh", 0, 1)}, [21, -30, -21]),
        # ready at one: afterwards it may go
        ({"soc_minima": instant("50 kWh", 1)}, [30, -30, -30]),
        # ready from one to two
        ({"soc_minima": between("50 kWh", 1, 2)}, [30, -10, -30]),
        # or not to be used meanwhile: then no more than 30 kWh can be sold
        ({"production_capacity": between("0 kW", 1, 2)}, [0, 0, -30]),
    ],
)
def test_a_car_that_gives_back_is_ready_when_asked(statement: dict[str, Any], expected: list[float]) -> None:
    assert powers(solved(site([0.1, 0.6, 0.5], car(**statement))), "car") == expected


def test_after_its_target_a_battery_sells_what_nobody_asks_for() -> None:
    device = battery(
        soc_at_start="20 kWh",
        soc_max="100 kWh",
        power_capacity="20 kW",
        charging_efficiency="95%",
        discharging_efficiency="95%",
        soc_targets=instant("80 kWh", 23),
    )

    # as published: 60/0.95 kWh bought for 6.32, 20 kWh sold in the last hour for 2.00
    assert solved(site([0.1] * 24, device)).costs.total == pytest.approx(6 / 0.95 - 2)


def test_a_heater_helps_the_heat_pump_in_the_morning_peak_only() -> None:
    pump = battery(
        "pump",
        soc_at_start="20 kWh",
        soc_min="20 kWh",
        soc_max="22 kWh",
        power_capacity="5 kW",
        production_capacity="0 kW",
        charging_efficiency="300%",
        soc_usage=["4 kW", between("14 kW", 7, 9)],
    )
    model = {"power-capacity": "15 kW", "production-capacity": "0 kW"}
    heater = {"name": "heater", "flex_model": model, "shares_stock_of": 0}

    schedule = solved(site([0.3] * 24, pump, heater))

    # 36 kWh are used in the peak; the pump makes 2 · 15, the store gives 2, the heater the rest
    assert sum(powers(schedule, "heater")[7:9]) == pytest.approx(4)
    assert sum(powers(schedule, "heater")) == pytest.approx(4)
    # 22 · 4 + 36 kWh of heat less those 4, at 3 per kWh
    assert sum(powers(schedule, "pump")) == pytest.approx(120 / 3)
    assert powers(schedule, "pump")[4] == pytest.approx(4 / 3)
    assert np.array(stock(schedule, "pump"))[[7, 9]] == pytest.approx([22, 20])
