"""The oracle itself: against sums done by hand, and against trying every schedule in whole kW."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scheduling.dynamic_programme import (
    Convex,
    NoScheduleError,
    NotConvexError,
    Step,
    least_cost,
    least_cost_by_directions,
    move_cost,
)

IDEAL = Step(
    hours=1,
    consumption_price=0.0,
    production_price=0.0,
    fixed_kw=0,
    import_limit_kw=math.inf,
    export_limit_kw=math.inf,
    charge_limit_kw=5,
    discharge_limit_kw=5,
    charging_efficiency=1,
    discharging_efficiency=1,
    retention=1,
    inflow_kw=0,
    low_kwh=0,
    high_kwh=10,
)


def priced(*prices: float, **changes: float) -> list[Step]:
    return [replace(IDEAL, consumption_price=price, production_price=price, **changes) for price in prices]


def test_two_functions_share_a_way_by_the_cheapest_pieces() -> None:
    first, second = Convex(0, 1, ((-2, 1), (3, 2))), Convex(-1, 0, ((1, 1),))

    both = first.convolved(second)

    assert both == Convex(-1, 1, ((-2, 1), (1, 1), (3, 2)))
    # at 0.5: the first function goes to 1 (1 − 2), the second half a kWh beyond −1 (0.5)
    assert both(0.5) == pytest.approx(-0.5)
    assert first.reflected()(-2) == first(2)
    assert first.after(0.5, 1)(2) == first(2)


def test_a_battery_buys_cheap_and_sells_dear() -> None:
    # 5 kWh for 0.1 each, sold for 0.3 each
    assert least_cost(priced(0.1, 0.2, 0.3), 0) == pytest.approx(0.5 - 1.5)


def test_each_efficiency_is_paid_once() -> None:
    steps = priced(0.2, 0.4, charging_efficiency=0.8, discharging_efficiency=0.8)

    # 5 kW in leave 4 kWh, of which 3.2 come out
    assert least_cost(steps, 0) == pytest.approx(5 * 0.2 - 3.2 * 0.4)
    # 0.64 × 0.3 is less than 0.2
    idle = priced(0.2, 0.3, charging_efficiency=0.8, discharging_efficiency=0.8)
    assert least_cost(idle, 0) == pytest.approx(0, abs=1e-15)


def test_the_stock_decays_and_so_does_what_comes_in() -> None:
    steps = priced(0.1, 1.0, retention=0.9)

    b = (0.9 - 1) / math.log(0.9)
    # 5 kW leave 5·b after their own step and 0.9 of that after the next, in which 1 kW takes b
    assert least_cost(steps, 0) == pytest.approx(5 * 0.1 - 0.9 * 5)
    # 0.5 kWh from before decay twice: together still less than the 5·b that could be sold
    assert least_cost(steps, 0.5) == pytest.approx(5 * 0.1 - (0.81 * 0.5 + 0.9 * 5 * b) / b)


def test_own_load_is_met_before_anything_is_sold() -> None:
    cheap = replace(IDEAL, consumption_price=0.1, production_price=0.0)
    dear = replace(IDEAL, consumption_price=0.5, production_price=0.2, fixed_kw=2)

    # 5 kWh bought; 2 of them save 0.5 each, 3 are sold for 0.2 each; the load itself costs 2 × 0.5
    assert least_cost([cheap, dear], 0) == pytest.approx(0.5 - 2 * 0.5 - 3 * 0.2 + 2 * 0.5)


def test_usage_and_a_minimum_have_to_be_charged_for() -> None:
    steps = priced(0.3, 0.1, inflow_kw=-1)
    held = [steps[0], replace(steps[1], low_kwh=6)]

    # 6 to hold and 2 used, 5 of them in the cheap hour
    assert least_cost(held, 0) == pytest.approx(5 * 0.1 + 3 * 0.3)


def test_what_is_left_has_its_value() -> None:
    assert least_cost(priced(0.1, 0.2), 3, end_value=0.15) == pytest.approx(0.1 * 5 - 0.2 * 5 - 0.15 * 3)


def test_out_of_reach_is_no_schedule() -> None:
    with pytest.raises(NoScheduleError):
        least_cost([replace(IDEAL, low_kwh=6)], 0)
    with pytest.raises(NoScheduleError):
        least_cost([replace(IDEAL, fixed_kw=8, import_limit_kw=2)], 9)
    # 1 kWh of stock cannot keep a load of 5 kW under a connection of 3 kW
    with pytest.raises(NoScheduleError):
        least_cost([replace(IDEAL, fixed_kw=5, import_limit_kw=3)], 1)


@pytest.mark.parametrize(
    "step",
    [
        replace(IDEAL, consumption_price=-0.1, production_price=-0.1, charging_efficiency=0.9),
        replace(IDEAL, consumption_price=0.1, production_price=0.2),
    ],
    ids=["negative price with losses", "selling dearer than buying"],
)
def test_a_step_that_is_not_convex_is_refused(step: Step) -> None:
    with pytest.raises(NotConvexError):
        move_cost(step)


def test_a_negative_price_pays_for_what_is_burnt() -> None:
    steps = priced(-0.1, -0.3, charging_efficiency=0.5, high_kwh=2.5)

    # 5 kW fill the store in one of the hours; in the first it would have to stay: the second pays more
    assert least_cost_by_directions(steps, 0) == pytest.approx(-5 * 0.3)


def test_selling_dearer_than_buying_does_not_pay_within_a_step() -> None:
    step = replace(IDEAL, consumption_price=0.1, production_price=0.2, fixed_kw=2)

    # 4 kWh of stock meet the load and 2 of them are sold; nothing is bought meanwhile
    assert least_cost_by_directions([step], 4) == pytest.approx(-2 * 0.2)
    # 1 kWh of stock only saves what it would cost to buy
    assert least_cost_by_directions([step], 1) == pytest.approx(0.1)


WHOLE = st.integers(0, 3)


@st.composite
def whole_steps(draw: st.DrawFn) -> Step:
    """A lossless step in whole kW and kWh: one of its best schedules is in whole kW too."""
    dear, cheap = sorted(draw(st.tuples(st.integers(-3, 5), st.integers(-3, 5))), reverse=True)
    low = draw(st.integers(0, 2))
    return replace(
        IDEAL,
        consumption_price=dear,
        production_price=cheap,
        fixed_kw=draw(st.integers(-2, 2)),
        import_limit_kw=draw(st.integers(1, 4)),
        export_limit_kw=draw(st.integers(1, 4)),
        charge_limit_kw=draw(WHOLE),
        discharge_limit_kw=draw(WHOLE),
        inflow_kw=draw(st.integers(-1, 1)),
        low_kwh=low,
        high_kwh=low + draw(WHOLE),
    )


def tried(steps: list[Step], start: float, end_value: float) -> float:
    """The least cost among all schedules in whole kW; inf where none is allowed."""
    best = math.inf
    for powers in product(range(-3, 4), repeat=len(steps)):
        soc, cost = start, 0.0
        for step, power in zip(steps, powers, strict=True):
            net, soc = step.fixed_kw + power, soc + power + step.inflow_kw
            allowed = -step.discharge_limit_kw <= power <= step.charge_limit_kw
            connected = -step.export_limit_kw <= net <= step.import_limit_kw
            if not (allowed and connected and step.low_kwh <= soc <= step.high_kwh):
                break
            cost += (step.consumption_price if net > 0 else step.production_price) * net
        else:
            best = min(best, cost - end_value * soc)
    return best


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(whole_steps(), min_size=1, max_size=4), st.integers(0, 5), st.integers(0, 2))
def test_no_schedule_in_whole_kw_is_cheaper_and_one_is_as_cheap(
    steps: list[Step], start: int, end_value: int
) -> None:
    try:
        found = least_cost(steps, start, end_value=end_value)
    except NoScheduleError:
        found = math.inf

    assert found == pytest.approx(tried(steps, start, end_value), abs=1e-9)
