"""Groups: devices behind a limit of their own, in numbers of a hand and over random sites."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flex_pipeline.scheduling import ProblemError, Schedule, baseline, read_problem, solve
from tests.scheduling.plain import plain_cost
from tests.scheduling.plans import powers, solved
from tests.scheduling.sites import at, battery, changed, group, process, series, site

RISING = [0.1, 0.2, 0.3]


def test_devices_of_a_group_never_draw_or_deliver_more_than_it_carries() -> None:
    # 6 kW for two batteries of 5 kW: bought in the first hour, sold in the last
    schedule = solved(
        site(RISING, battery("a", group="g"), battery("b", group="g"), group("g", power_capacity="6 kW"))
    )

    assert schedule.groups["g"].tolist() == pytest.approx([6, 0, -6])
    assert schedule.costs.total == pytest.approx(6 * (0.1 - 0.3))


def test_a_hybrid_inverter_lets_through_what_its_battery_and_panels_do_together() -> None:
    # the published tutorial: 2.5 kW for a battery and panels of 2 kW each; noon fills the battery for the evening
    pv = {
        "consumption-capacity": "0 kW",
        "production-capacity": series([0, 2, 2, 0], "kW"),
        "power-capacity": "2 kW",
        "group": "inverter",
    }
    schedule = solved(
        site(
            [0.1, 0.2, 0.4, 0.3],
            {"name": "pv", "flex_model": pv},
            battery(power_capacity="2 kW", soc_max="4 kWh", soc_at_start="2 kWh", group="inverter"),
            group("inverter", power_capacity="2.5 kW"),
        )
    )

    # beside the sun 0.5 kW of the battery fit, in the evening all of its 2 kW: 3 kWh, of which 1 is bought
    assert powers(schedule, "pv") == [0, -2, -2, 0]
    assert powers(schedule) == pytest.approx([1, -0.5, -0.5, -2])
    assert schedule.groups["inverter"].tolist() == pytest.approx([1, -2.5, -2.5, -2])


def test_the_stricter_of_nested_groups_holds() -> None:
    devices = battery("a", group="inner"), battery("b", group="inner"), battery("c", group="outer")

    def nested(inner: str, outer: str) -> Schedule:
        return solved(
            site(
                RISING,
                *devices,
                group("inner", power_capacity=inner, group="outer"),
                group("outer", power_capacity=outer),
            )
        )

    schedule = nested("3 kW", "20 kW")
    assert schedule.groups["inner"].tolist() == pytest.approx([3, 0, -3])
    assert schedule.groups["outer"].tolist() == pytest.approx([8, 0, -8])
    schedule = nested("3 kW", "2 kW")
    assert schedule.groups["outer"].tolist() == pytest.approx([2, 0, -2])
    assert schedule.costs.total == pytest.approx(-2 * 0.2)


def test_a_directional_capacity_gives_way_at_its_price_and_is_hard_where_nothing_is_relaxed() -> None:
    asked = battery(
        "a", group="g", soc_minima=[{"value": "4 kWh", "datetime": at(1)}], production_capacity="0 kW"
    )

    # 4 kW must be drawn of 3: one too many, at 2 for the highest and 2 for its hour, and the 0.4 that energy costs
    soft = solved(
        site(RISING, asked, group("g", consumption_capacity="3 kW", consumption_breach_price="2 EUR/kW"))
    )
    (breach,) = soft.breaches
    assert (breach.name, breach.highest, breach.steps) == ("g: consumption-capacity", pytest.approx(1), (0,))
    assert soft.costs.breaches == pytest.approx(4)

    hard = solved(site(RISING, asked, group("g", consumption_capacity="3 kW"), relax_constraints=False))
    assert hard.status == "infeasible"
    assert hard.diagnosis is not None
    assert "raising power-capacity or consumption-capacity of the group g by 1 kW" in hard.diagnosis


def test_a_fixed_device_takes_up_room_in_its_group() -> None:
    pv = {"name": "pv", "flex_model": {"inflexible-production": "2 kW", "group": "g"}}

    schedule = solved(site(RISING, pv, battery(group="g"), group("g", power_capacity="5 kW")))

    # 3 kW are left to sell with; what the battery takes in the sun gives
    assert powers(schedule, "pv") == [-2, -2, -2]
    assert powers(schedule) == pytest.approx([5, -2, -3])
    assert schedule.site_power_kw.tolist() == pytest.approx([3, -4, -5])


@pytest.mark.parametrize("kind", ["INFLEXIBLE", "SHIFTABLE", "BREAKABLE"])
def test_a_process_shares_the_room_of_its_group(kind: str) -> None:
    # 2 kW in the first hour leave 1 kW to the battery; elsewhere it may fill at 3 kW
    run = changed(process(kind, "2 kW", hours=1), group="g")

    schedule = solved(site([0.1, 0.11, 0.3], run, battery(group="g"), group("g", power_capacity="3 kW")))

    assert powers(schedule, "process") == [2, 0, 0] or kind != "INFLEXIBLE"
    assert np.abs(schedule.groups["g"]).max() <= 3 + 1e-9
    # 3 kWh from the last hour's room: 1 at 0.1 and 2 at 0.11, and 2 kWh for the process; or the other way round
    assert schedule.costs.total == pytest.approx(0.1 * 3 + 0.11 * 2 - 0.9)


def test_a_lone_process_keeps_the_limit_of_its_group() -> None:
    shut = [{"value": "0 kW", "start": at(0), "end": at(1)}, {"value": "9 kW", "start": at(1), "end": at(3)}]
    run = changed(process("SHIFTABLE", "2 kW", hours=1), group="g")

    schedule = solved(site(RISING, run, group("g", power_capacity=shut)))

    assert powers(schedule, "process") == [0, 2, 0]


def test_without_flexibility_cars_fill_at_once_within_their_group() -> None:
    cars = [battery(name, group="g", production_capacity="0 kW") for name in ("a", "b")]

    passive = baseline(read_problem(site(RISING, *cars, group("g", power_capacity="6 kW"))))

    assert passive.groups["g"].tolist() == pytest.approx([6, 6, 5])  # a takes what it can, b the rest


def test_a_promise_may_be_about_some_devices_or_a_group() -> None:
    promise = {"name": "steady", "baseline": "0 kW", "up-price": "1 EUR/kWh", "down-price": "-1 EUR/kWh"}
    devices = battery("a", group="g"), battery("b"), group("g", power_capacity="9 kW")

    for about in ({"devices": ["a"]}, {"sensors": ["a"]}, {"group": "g"}):
        schedule = solved(site(RISING, *devices, commitments=[promise | about]))
        assert powers(schedule, "a") == [0, 0, 0]
        assert powers(schedule, "b") == [5, 0, -5]
        assert schedule.groups.keys() == {"g"}

    # a price that is worth the trade: 0.2 of a kWh's margin against 0.05 up and nothing down
    cheap = promise | {"up-price": "0.05 EUR/kWh", "down-price": "0 EUR/kWh", "devices": ["a", "b"]}
    schedule = solved(site(RISING, *devices, commitments=[cheap]))
    assert schedule.groups["g"].tolist() == [5, 0, -5]
    terms = {term.name: term.cost for term in schedule.cost_terms}
    assert terms == pytest.approx({"net energy": -2.0, "steady": 0.5})


def test_a_promise_that_pays_more_below_than_above_cannot_be_taken_both_ways() -> None:
    # selling below the baseline earns 0.5, buying above it costs 0.1: only one of them holds in an hour
    promise = {"name": "c", "baseline": "0 kW", "up-price": "0.1 EUR/kWh", "down-price": "0.5 EUR/kWh"}

    schedule = solved(
        site([0.1, 0.1], battery("a"), battery("b"), commitments=[promise | {"devices": ["a"]}])
    )

    assert schedule.status == "optimal"
    assert powers(schedule, "a") == [5, -5]
    assert schedule.costs.commitments == pytest.approx(5 * 0.1 - 5 * 0.5)


@pytest.mark.parametrize(
    ("entries", "field", "message"),
    [
        ([battery(group="h")], "devices[0].flex_model.group", "is no group of this site; known: g"),
        (
            [battery(group="g"), group("h", power_capacity="1 kW", group="h")],
            "devices[1].flex_model.group",
            "itself",
        ),
        ([battery(commodity="gas")], "devices[0].flex_model.commodity", "is no commodity"),
        ([battery(group="battery")], "devices[0].flex_model.group", "is no group"),
    ],
)
def test_what_a_device_belongs_to_must_be_there(entries: list[Any], field: str, message: str) -> None:
    with pytest.raises(ProblemError) as refused:
        read_problem(site(RISING, *entries, group("g", power_capacity="1 kW")))

    (fault,) = refused.value.faults
    assert fault.field == field
    assert message in fault.message


def test_a_group_may_be_named_as_an_asset_is() -> None:
    pasted = battery(group={"asset": 7}), group("7", power_capacity="3 kW")

    assert powers(solved(site(RISING, *pasted))) == pytest.approx([3, 0, -3])


def test_a_cycle_of_groups_is_refused() -> None:
    with pytest.raises(ProblemError, match="makes the group a part of itself"):
        read_problem(
            site(
                RISING,
                battery(group="g"),
                group("g", power_capacity="1 kW", group="h"),
                group("h", power_capacity="1 kW", group="g"),
            )
        )


def test_a_group_must_limit_something() -> None:
    with pytest.raises(ProblemError, match="limits nothing"):
        read_problem(site(RISING, battery(group="g"), group("g")))


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


@st.composite
def grouped(draw: st.DrawFn) -> dict[str, Any]:
    """A site with nested groups, of which some limits are soft, and a promise about some devices."""
    n = draw(st.integers(3, 5))
    prices = draw(st.lists(st.integers(-10, 40).map(lambda x: x / 100), min_size=n, max_size=n))
    names = ["a", "b", "c"]
    devices = [
        battery(
            name,
            soc_at_start=f"{draw(one_of(0, 2, 4))} kWh",
            power_capacity=f"{draw(one_of(2, 5))} kW",
            roundtrip_efficiency=draw(one_of("100%", "81%")),
            group=draw(one_of("inner", "outer")),
        )
        for name in names
    ]
    limits = draw(st.lists(one_of(1, 2, 3.5, 6), min_size=2, max_size=2))
    soft = {"consumption_capacity": "1 kW", "consumption_breach_price": f"{draw(one_of(0.02, 0.3))} EUR/kW"}
    promise = {
        "name": "promise",
        "baseline": series(draw(st.lists(one_of(-2, 0, 3), min_size=n, max_size=n)), "kW"),
        "up-price": f"{draw(one_of(-0.05, 0.1))} EUR/kWh",
        "down-price": f"{draw(one_of(-0.1, 0.05))} EUR/kWh",
        "devices": draw(st.sampled_from([["a"], ["a", "b"], ["a", "b", "c"]])),
    }
    return site(
        prices,
        *devices,
        group("inner", power_capacity=f"{limits[0]} kW", group="outer"),
        group("outer", power_capacity=f"{limits[1]} kW", **(soft if draw(st.booleans()) else {})),
        production_price=series([price - draw(one_of(0.0, 0.05)) for price in prices], "EUR/kWh"),
        commitments=[promise] if draw(st.booleans()) else [],
    )


MANY = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@MANY
@given(grouped())
def test_plain_pyomo_finds_the_same_cost(mapping: dict[str, Any]) -> None:
    problem = read_problem(mapping)

    schedule = solve(problem)

    assert schedule.status == "optimal"
    assert schedule.costs.total == pytest.approx(plain_cost(problem.by_name()), abs=2e-6)
    assert sum(term.cost for term in schedule.cost_terms) == pytest.approx(schedule.costs.total)
    assert schedule.certificate.primal_violation <= 1e-6


@MANY
@given(grouped())
def test_groups_are_kept_and_a_wide_one_changes_nothing(mapping: dict[str, Any]) -> None:
    schedule = solved(mapping)
    devices, groups = mapping["devices"][:3], mapping["devices"][3:]
    inner = [d["name"] for d in devices if d["flex_model"]["group"] == "inner"]
    for entry, members in zip(groups, (inner, ["a", "b", "c"]), strict=True):
        power = sum((schedule.devices[name].power_kw for name in members), np.zeros(schedule.grid.n))
        np.testing.assert_allclose(schedule.groups[entry["name"]], power, atol=1e-9)
        limit = float(entry["flex_model"]["power-capacity"].removesuffix(" kW"))
        assert np.abs(power).max(initial=0.0) <= limit + 1e-6

    without = solved({**mapping, "devices": [without_group(device) for device in devices]})
    wide = solved({**mapping, "devices": [*devices, *map(as_wide, groups)]})
    assert wide.costs.total == pytest.approx(without.costs.total, abs=2e-6)
    assert wide.costs.total <= schedule.costs.total + 2e-6


def without_group(device: dict[str, Any]) -> dict[str, Any]:
    return {**device, "flex_model": {k: v for k, v in device["flex_model"].items() if k != "group"}}


def as_wide(entry: dict[str, Any]) -> dict[str, Any]:
    """A group as wide as its members together: three of at most 5 kW."""
    outer = {"group": "outer"} if entry["name"] == "inner" else {}
    return {**entry, "flex_model": {"power-capacity": "15 kW", **outer}}


@pytest.mark.parametrize("limits", [[3.7, 4.1, 5.3, 2.9], [7.1, 1.3, 6.2, 8.4], [2.2, 9.1, 0.7, 3.6]])
def test_what_one_more_kw_of_a_group_is_worth_is_what_it_saves(limits: list[float]) -> None:
    def cost(*kw: float) -> Schedule:
        return solved(
            site(
                [0.1, 0.17, 0.3, 0.22],
                battery("a", group="g", roundtrip_efficiency="90%"),
                battery("b", group="g"),
                group("g", power_capacity=series(list(kw), "kW")),
            )
        )

    schedule, by = cost(*limits), 1e-4
    worth = {p.family: p.values for p in schedule.shadow_prices if p.component == "g"}
    for step in range(4):
        wider = [limit + by * (t == step) for t, limit in enumerate(limits)]
        saved = (schedule.costs.total - cost(*wider).costs.total) / by
        told = sum(values[step] for values in worth.values())
        assert told == pytest.approx(saved, abs=1e-6)


@MANY
@given(grouped())
def test_a_group_around_the_same_devices_is_as_strict_as_the_stricter_of_both(
    mapping: dict[str, Any],
) -> None:
    devices = [changed(device, group="inner") for device in mapping["devices"][:3]]
    inner, outer = (
        group(entry["name"], power_capacity=entry["flex_model"]["power-capacity"])
        for entry in mapping["devices"][3:]
    )
    stricter = min(
        (inner, outer), key=lambda entry: entry["flex_model"]["power-capacity"]
    )  # of one digit each

    nested = solved({**mapping, "devices": [*devices, changed(inner, group="outer"), outer]})
    one = solved({**mapping, "devices": [*devices, {**stricter, "name": "inner"}]})

    assert nested.costs.total == pytest.approx(one.costs.total, abs=2e-6)
