"""One small problem of each family that a storage can be in, with its optimum computed by hand.

Unless it says otherwise: a lossless battery of 10 kWh and 5 kW, empty at the start, hourly steps, EUR per kWh.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.scheduling.plans import between, instant, powers, solved, stock
from tests.scheduling.sites import at, battery, series, site

RISING = [0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    ("efficiency", "expected"),
    [
        # each direction √0.81: 4.5 kWh arrive of 5, 4.05 kWh of them leave
        ({"roundtrip_efficiency": "81%"}, [5, 0, -4.05]),
        ({"charging_efficiency": "80%"}, [5, 0, -4]),
        ({"discharging_efficiency": "80%"}, [5, 0, -4]),
        # each hour has its own: half of 4 kWh at 0.3 are worth more than a quarter at 0.25
        (
            {
                "charging_efficiency": series([0.8, 0.5, 1], ""),
                "discharging_efficiency": series([100, 25, 50], "%"),
            },
            [5, 0, -2],
        ),
    ],
)
def test_conversion_loses_on_the_way_in_and_on_the_way_out(
    efficiency: dict[str, Any], expected: list[float]
) -> None:
    # 0.8 · 0.3 is more than 0.1 and less than 0.25
    assert powers(solved(site([0.1, 0.25, 0.3], battery(**efficiency)))) == pytest.approx(expected)


def test_standing_losses_are_stated_for_a_duration_and_vary() -> None:
    idle = {"soc_at_start": "8 kWh", "power_capacity": "0 kW"}

    stated_for_two_hours = battery(**idle, storage_efficiency="81%", storage_efficiency_duration="PT2H")
    assert stock(solved(site(RISING, stated_for_two_hours))) == pytest.approx([8, 7.2, 6.48, 5.832])
    by_the_hour = battery(**idle, storage_efficiency=series([100, 50, 25], "%"))
    assert stock(solved(site(RISING, by_the_hour))) == pytest.approx([8, 8, 4, 1])


@pytest.mark.parametrize("hard", [True, False])
@pytest.mark.parametrize(
    ("statement", "expected", "cost"),
    [
        # 4 kWh must be there at the end: bought in the cheapest hour, beside the 5 kWh to sell
        ({"soc_minima": instant("4 kWh", 3)}, [5, 4, -5], 0.5 + 0.8 - 1.5),
        ({"soc_targets": instant("4 kWh", 3)}, [5, 4, -5], 0.5 + 0.8 - 1.5),
        # exactly 3 kWh at two o'clock are all that can be sold afterwards
        ({"soc_targets": instant("3 kWh", 2)}, [5, -2, -3], 0.5 - 0.4 - 0.9),
        ({"soc_maxima": between("2 kWh", 1, 2)}, [2, 0, -2], 0.2 - 0.6),
        # a range asks at each of its instants, a series over each of its intervals and at both ends of it
        ({"soc_minima": between("6 kWh", 2, 3)}, [5, 5, -4], 0.5 + 1.0 - 1.2),
        ({"soc_minima": series([None, None, 6], "kWh")}, [5, 5, -4], 0.5 + 1.0 - 1.2),
        ({"soc_maxima": series([2, None, None], "kWh")}, [2, 3, -5], 0.2 + 0.6 - 1.5),
        (
            {
                "soc_minima": instant("1 kWh", 1),
                "soc_maxima": instant("4 kWh", 2),
                "soc_targets": instant("2 kWh", 3),
            },
            [5, -1, -2],
            0.5 - 0.2 - 0.6,
        ),
    ],
)
def test_statements_within_reach_are_kept_hard_or_soft(
    statement: dict[str, Any], expected: list[float], cost: float, hard: bool
) -> None:
    schedule = solved(site(RISING, battery(**statement), relax_constraints=not hard))

    assert powers(schedule) == pytest.approx(expected)
    assert schedule.costs.total == pytest.approx(cost)
    assert not schedule.breaches


def test_a_minimum_that_costs_more_than_its_breach_is_breached() -> None:
    device = battery(soc_minima=instant("4 kWh", 3))

    # twice the price, on the highest breach and for its hour, is more or less than the 0.2 that a kWh costs
    schedule = solved(site(RISING, device, soc_minima_breach_price="0.15 EUR/kWh"))
    assert powers(schedule) == [5, 4, -5]
    schedule = solved(site(RISING, device, soc_minima_breach_price="0.05 EUR/kWh"))
    assert powers(schedule) == [5, 0, -5]
    assert schedule.costs.breaches == pytest.approx(4 * 2 * 0.05)


def test_a_soft_target_out_of_reach_is_approached_and_its_shortage_paid_for() -> None:
    schedule = solved(site(RISING, battery(soc_targets=instant("9 kWh", 1))))

    assert stock(schedule)[1] == 5
    (breach,) = schedule.breaches
    assert (breach.name, breach.highest) == ("battery: soc-targets (short)", pytest.approx(4))
    assert breach.cost == pytest.approx(1000 * 4 * 2)


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        # 5 of the 5 + 3 kWh are sold when they are dearest, the rest before
        ({"soc_gain": ["1 kW"]}, [5, -3, -5]),
        ({"soc_gain": ["600 W", series([400, 400, 400], "W")]}, [5, -3, -5]),
        # what is used is bought when it is cheapest, and at 0.2 what then lacks of the 5 to be sold at 0.3
        ({"soc_usage": [between("2 kW", 1, 2)]}, [5, 2, -5]),
        ({"soc_usage": [between("2 kW", 1, 2), "1 kW"]}, [5, 5, -5]),
        # gain and usage are of the store: no conversion touches them
        ({"soc_gain": ["1 kW"], "soc_usage": ["1 kW"]}, [5, 0, -5]),
    ],
)
def test_gain_and_usage_move_the_store(flows: dict[str, Any], expected: list[float]) -> None:
    assert powers(solved(site(RISING, battery(**flows)))) == pytest.approx(expected)


def test_a_lone_consumption_capacity_makes_a_consumer() -> None:
    device = battery(consumption_capacity="4 kW", soc_minima=instant("6 kWh", 3))

    assert powers(solved(site(RISING, device))) == [4, 2, 0]


def test_a_lone_production_capacity_makes_a_producer() -> None:
    device = battery(soc_at_start="6 kWh", production_capacity="4 kW")

    assert powers(solved(site(RISING, device))) == [0, -2, -4]


def test_capacities_vary_and_the_lowest_of_several_holds() -> None:
    capacity = [*between("3 kW", 0, 3), *between("2 kW", 2, 3)]

    assert powers(solved(site(RISING, battery(power_capacity=capacity)))) == pytest.approx([3, -1, -2])
    assert powers(solved(site(RISING, battery(power_capacity=series([5, 5, 1], "kW"))))) == pytest.approx(
        [5, -4, -1]
    )


@pytest.mark.parametrize(("price", "expected"), [("0.04 EUR/kW", [5, 0, -5]), ("0.06 EUR/kW", [3, 2, -5])])
def test_a_relaxed_device_capacity_is_breached_where_that_pays(price: str, expected: list[float]) -> None:
    device = battery(consumption_capacity="3 kW", production_capacity="5 kW")

    # 0.1 less per kWh an hour sooner: for the price of the highest breach and of the hour
    assert powers(solved(site(RISING, device, consumption_breach_price=price))) == pytest.approx(expected)


def test_a_connection_is_never_overloaded_whatever_it_costs() -> None:
    context = {"inflexible_consumption": [series([3, 1, 6], "kW")], "site_power_capacity": "5 kW"}

    schedule = solved(site([0.1, 0.2, 0.1], battery(), **context))

    # 6 kW are more than the connection carries: one kWh from the store, bought at 0.1 beside 3 kW of load
    assert powers(schedule) == pytest.approx([2, -1, -1])
    assert schedule.site_power_kw.max() <= 5 + 1e-9


def test_a_load_above_the_soft_capacity_is_spread_until_its_peak_is_lowest() -> None:
    context = {"inflexible_consumption": [series([1, 9, 1], "kW")], "site_consumption_capacity": "3 kW"}

    schedule = solved(site([0.1] * 3, battery(), **context))

    # 2 kWh fit below the capacity before the 9 kW; two more lower the highest breach from 4 to 2 and add none
    assert schedule.site_power_kw == pytest.approx([5, 5, 1])
    (breach,) = schedule.breaches
    assert (breach.highest, breach.steps) == (pytest.approx(2), (0, 1))
    assert breach.cost == pytest.approx(10_000 * (2 + 2 + 2))


def test_with_two_prices_the_sun_is_kept_for_the_evening() -> None:
    context = {
        "production_price": series([0.05, 0.04, 0.04], "EUR/kWh"),
        "inflexible_production": [series([4, 0, 0], "kW")],
        "inflexible_consumption": ["1 kW"],
    }

    schedule = solved(site([0.2, 0.3, 0.4], battery(), **context))

    # 3 kW would be sold at 0.05; 2 kWh of them cover the load to come, and no more is worth 0.05
    assert powers(schedule) == pytest.approx([2, -1, -1])
    assert schedule.costs.total == pytest.approx(-0.05)


def test_the_tariff_counts_beside_the_market() -> None:
    price = series([0.0, 0.1], "EUR/kWh") | {"plus": "0.2 EUR/kWh"}
    context = {"consumption_price": price, "production_price": series([100, 150], "EUR/MWh")}

    schedule = solved(site([0, 0], battery(), inflexible_consumption=["2 kW"], **context))

    # buying at 0.2 to avoid 0.3 pays, to sell at 0.15 does not
    assert powers(schedule) == pytest.approx([2, -2])
    assert schedule.costs.total == pytest.approx(0.8)


def test_prices_may_be_stated_for_parts_of_the_day_the_first_of_two_counts() -> None:
    price = [
        {"value": "0.1 EUR/kWh", "start": at(0), "end": at(1)},
        {"value": "0.3 EUR/kWh", "start": at(2), "duration": "PT1H"},
        {"value": "200 EUR/MWh", "start": at(0), "end": at(3)},
    ]

    schedule = solved(site(RISING, battery(), consumption_price=price))

    assert powers(schedule) == [5, 0, -5]
    assert schedule.costs.total == pytest.approx(-1.0)


@pytest.mark.parametrize(("first", "hours"), [("2024-03-31", 23), ("2024-10-27", 25)])
def test_on_the_days_of_the_clock_change_statements_hold_at_their_local_times(first: str, hours: int) -> None:
    # noon is 11 hours from midnight in spring, 13 in autumn; usage from 01:00 to 05:00 is 3 hours or 5
    before, after = ("+01:00", "+02:00") if hours == 23 else ("+02:00", "+01:00")
    usage = [{"value": "1 kW", "start": f"{first}T01:00{before}", "end": f"{first}T05:00{after}"}]
    target = [{"value": "6 kWh", "datetime": f"{first}T12:00{after}"}]
    device = battery(production_capacity="0 kW", soc_usage=[usage], soc_targets=target)
    end = {"2024-03-31": "2024-04-01", "2024-10-27": "2024-10-28"}[first]
    mapping = site([0.1], device, consumption_price="0.1 EUR/kWh") | {
        "start": f"{first}T00:00{before}",
        "end": f"{end}T00:00{after}",
    }

    schedule = solved(mapping)

    assert len(powers(schedule)) == hours
    assert stock(schedule)[hours - 12] == pytest.approx(6)
    assert sum(powers(schedule)[: hours - 12]) == pytest.approx(6 + hours - 20)
    assert schedule.to_dict()["steps"][-1] == f"{first}T23:00:00{after}"


def test_two_batteries_share_one_connection() -> None:
    batteries = [battery("a"), battery("b", power_capacity="3 kW")]

    schedule = solved(site([0.1, 0.3], *batteries, site_power_capacity="6 kW"))

    # 8 kW would pay, 6 kW fit: who gets them is the same money
    assert schedule.site_power_kw == pytest.approx([6, -6])
    assert schedule.costs.total == pytest.approx(6 * -0.2)


def test_a_home_runs_its_car_its_battery_and_its_roof_together() -> None:
    car = battery(
        "car",
        soc_max="40 kWh",
        power_capacity="4 kW",
        production_capacity="0 kW",
        soc_minima=instant("6 kWh", 3),
    )
    context = {
        "inflexible_production": [series([6, 0, 0, 0], "kW")],
        "inflexible_consumption": ["1 kW"],
        "production_price": "0 EUR/kWh",
        "site_power_capacity": "5 kW",
    }

    schedule = solved(site([0.2, 0.3, 0.4, 0.5], battery(power_capacity="2 kW"), car, **context))

    # of the 5 kW of sun left over, the battery takes 2 and the car the rest, and one more bought at 0.2; the
    # car buys its last 2 kWh at 0.3, and the battery serves the load of the last two hours
    assert schedule.site_power_kw == pytest.approx([1, 3, 0, 0])
    assert schedule.costs.total == pytest.approx(0.2 + 0.9)


def test_a_heat_pump_makes_heat_when_power_is_cheap_and_not_too_early() -> None:
    heat = battery(
        soc_max="12 kWh",
        power_capacity="3 kW",
        production_capacity="0 kW",
        charging_efficiency="300%",
        storage_efficiency="90%",
        soc_usage=[series([0, 0, 4], "kW")],
    )

    schedule = solved(site([0.2, 0.2, 0.4], heat))

    # an hour early costs a tenth of the heat and half the price, another hour early a tenth more for nothing;
    # the loss within the hour is that of the heat used as well
    assert powers(schedule) == pytest.approx([0, 4 / (3 * 0.9), 0], abs=1e-6)


def test_a_car_is_full_enough_when_it_leaves_and_charges_when_it_is_cheapest() -> None:
    car = battery(
        soc_at_start=20,
        soc_unit="kWh",
        soc_max=60,
        power_capacity="10 kW",
        production_capacity="0 kW",
        charging_efficiency="80%",
        soc_targets=[{"datetime": at(4), "value": 40}],
    )

    schedule = solved(site([0.3, 0.1, 0.2, 0.4, 0.05], car, relax_constraints=False))

    # 20 kWh of stock are 25 kWh of charging: ten at 0.1, ten at 0.2, five at 0.3; 0.05 comes too late
    assert powers(schedule) == pytest.approx([5, 10, 10, 0, 0])


def test_production_peaks_are_priced_like_consumption_peaks() -> None:
    full = battery(soc_at_start="6 kWh")
    context = {"site_peak_production": "1 kW", "site_peak_production_price": "0.5 EUR/kW"}

    schedule = solved(site([0.3, 0.3, 0.2], full, **context))

    # 1 kW is free; a second one sells 3 kWh more for 0.8, a third would but move 2 kWh from 0.2 to 0.3
    assert powers(schedule) == pytest.approx([-2, -2, -2])
    assert schedule.costs.peaks == pytest.approx(0.5)


def test_a_commitment_is_kept_where_the_market_pays_less() -> None:
    commitment = {
        "name": "band",
        "baseline": between("2 kW", 1, 3),
        "up-price": "0.15 EUR/kWh",
        "down-price": "-0.15 EUR/kWh",
    }

    schedule = solved(site([0.1, 0.2, 0.5], battery(), commitments=[commitment]))

    # at one o'clock the first 2 kWh cost 0.2 less the 0.15 of staying away; at two leaving brings 0.5 − 0.15
    assert powers(schedule) == pytest.approx([3, 2, -5])
    assert schedule.costs.commitments == pytest.approx(7 * 0.15)


def test_generation_is_curtailed_while_it_would_have_to_pay() -> None:
    pv = {
        "name": "pv",
        "flex_model": {"consumption-capacity": "0 kW", "production-capacity": series([3, 4, 2], "kW")},
    }

    schedule = solved(site([0.1, -0.1, 0.2], pv))

    assert powers(schedule, "pv") == [-3, 0, -2]
    assert schedule.devices["pv"].soc_kwh is None


def test_a_target_between_two_steps_is_kept_at_both_as_far_as_they_can_tell() -> None:
    target = [{"datetime": at(1, 30), "value": "8 kWh"}]

    schedule = solved(site([0.1, 0.3, 0.2], battery(soc_targets=target)))

    # at two o'clock it is 8; at one at least 8 − 2.5, of which 5 can be charged: 0.5 too little
    assert stock(schedule)[1:3] == pytest.approx([5, 8])
    assert [breach.highest for breach in schedule.breaches] == [pytest.approx(0.5)]


def test_a_target_after_the_end_is_reached_in_hours_that_are_added() -> None:
    device = battery(production_capacity="0 kW", soc_targets=instant("8 kWh", 5))

    schedule = solved(site([0.3, 0.2, 0.1], device))

    # the last price is held: three hours at 0.1, as soon as can be
    assert powers(schedule) == [0, 0, 5, 3, 0]
    assert schedule.grid.n == 5
    assert any("the nearest known price is held" in notice for notice in schedule.notices)


def test_each_step_runs_in_one_of_its_modes() -> None:
    modes = [{"consumption-range": ["0 kW", "0 kW"]}, {"consumption-range": ["3 kW", "5 kW"]}]
    device = battery(operation_modes=modes, production_capacity="0 kW", soc_minima=instant("7 kWh", 3))

    # 5 and 2 kW would be cheapest, 2 kW are none of its modes
    assert powers(solved(site(RISING, device))) == pytest.approx([4, 3, 0])


@pytest.mark.parametrize(
    ("resolution", "steps"), [("PT1M", 60), ("PT5M", 12), ("PT15M", 4), ("PT30M", 2), ("PT1H", 1)]
)
def test_the_same_problem_costs_the_same_at_any_resolution(resolution: str, steps: int) -> None:
    mapping = site(RISING, battery(roundtrip_efficiency="81%", soc_minima=instant("4 kWh", 3)))

    schedule = solved(mapping | {"resolution": resolution})

    # 0.81 · 0.3 is more than 0.2: 4.5 kWh arrive in each of two hours, 4 of the 9 stay, 5 leave as 4.5
    assert schedule.grid.n == 3 * steps
    assert schedule.costs.total == pytest.approx(5 * 0.1 + 5 * 0.2 - 4.5 * 0.3)


def test_a_week_of_quarter_hours_is_seven_days() -> None:
    day = [0.2] * 6 + [0.1] * 6 + [0.3] * 12
    mapping = site(day * 7, battery())

    schedule = solved(mapping | {"resolution": "PT15M"})

    assert schedule.grid.n == 672
    # 10 kWh each day from 0.1 to 0.3; overnight, 0.2 is dearer than 0.1 and cheaper than 0.3
    assert schedule.costs.total == pytest.approx(7 * -10 * 0.2)
