from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flex_pipeline.scheduling import Problem, Schedule, read_problem, solve
from tests.scheduling.sites import at, battery, process, series, site


def worth(schedule: Schedule, component: str, family: str) -> list[float]:
    found = [p for p in schedule.shadow_prices if (p.component, p.family) == (component, family)]
    assert len(found) <= 1
    return [0.0] * schedule.grid.n if not found else [round(v, 9) for v in found[0].values.tolist()]


def solved(*arguments: object, **context: object) -> Schedule:
    return solve(read_problem(site(*arguments, **context)))  # type: ignore[arg-type]


def test_a_kilowatt_of_connection_is_worth_what_it_earns() -> None:
    # 3 kW in at 0.10, out at 0.30 and 0.40: the 4 kWh that could be sold dear are limited by the 3 kW in
    schedule = solved([0.1, 0.4], battery(), site_power_capacity="3 kW")

    # one kW more would be bought at 0.10 and sold at 0.40, if both hours had it; one alone has all or nothing
    imported, exported = (worth(schedule, "site", f"site_{way}_limit") for way in ("import", "export"))
    assert imported[0] + exported[1] == pytest.approx(0.3)
    assert (imported[1], exported[0]) == (0, 0)


def test_a_kilowatt_of_the_device_is_worth_what_it_earns() -> None:
    schedule = solved([0.1, 0.4, 0.4], battery())

    # 5 kWh come in at 0.10 and go at 0.40: another kW in would earn 0.30, another kW out nothing
    assert worth(schedule, "battery", "charge_limit") == [0.3, 0, 0]
    assert worth(schedule, "battery", "discharge_limit") == [0, 0, 0]
    # a store that could be emptied by another kWh would sell it
    assert worth(schedule, "battery", "soc_floor") == [0, 0, 0.4]
    assert {(p.family, p.per) for p in schedule.shadow_prices} == {
        ("charge_limit", "kW"),
        ("soc_floor", "kWh"),
    }


def test_a_kilowatt_hour_of_store_is_worth_what_it_earns() -> None:
    schedule = solved([0.1, 0.1, 0.4, 0.4], battery(soc_max="6 kWh"))

    # another kWh between the second and the third hour
    assert worth(schedule, "battery", "soc_ceiling") == [0, 0.3, 0, 0]


def test_the_stricter_of_two_limits_has_the_worth() -> None:
    full = [{"value": "6 kWh", "datetime": at(2)}]
    schedule = solved([0.1, 0.1, 0.4, 0.4], battery(soc_maxima=full), relax_constraints=False)

    assert worth(schedule, "battery", "soc_maxima") == [0, 0.3, 0, 0]
    assert worth(schedule, "battery", "soc_ceiling") == [0, 0, 0, 0]


def test_what_is_asked_of_the_store_has_its_price() -> None:
    asked = [{"value": "2 kWh", "datetime": at(2)}]
    schedule = solved([0.1, 0.4], battery(soc_targets=asked), relax_constraints=False)

    # 5 kWh come in at 0.10; each kWh of the target is one less that is sold at 0.40
    assert worth(schedule, "battery", "soc_target_reached") == [0, 0.4]


def test_what_a_device_is_not_made_for_is_no_limit() -> None:
    # a heat pump that could produce at its COP of 3 would make energy from nothing; away, it takes none
    heat = battery("heat", charging_efficiency="300%", consumption_capacity=series([5, 0], "kW"))
    pump = {
        **heat,
        "flex_model": {**heat["flex_model"], "production-capacity": "0 kW", "soc-value-at-end": "1 EUR/kWh"},
    }

    schedule = solved([0.1, 0.4], pump)

    # each kW in the first hour stores 3 kWh, worth 1 EUR each, up to the 10 kWh of the store at the ends of both
    assert sum(worth(schedule, "heat", "soc_ceiling")) == pytest.approx(1 - 0.1 / 3)
    assert worth(schedule, "heat", "charge_limit") == [0, 0]
    assert worth(schedule, "heat", "discharge_limit") == [0, 0]


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Prices and load of irrational numbers, so that hardly any optimum is degenerate."""
    n = draw(st.integers(4, 8))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    load = series(random.uniform(0, 3, n).tolist(), "kW")
    device = battery(
        soc_at_start=f"{random.uniform(1, 4)} kWh",
        soc_max=f"{random.uniform(5, 9)} kWh",
        power_capacity=f"{random.uniform(2, 5)} kW",
        roundtrip_efficiency="88%",
    )
    context = {
        "site_power_capacity": f"{random.uniform(4, 6)} kW",
        "production_price": "0.05 EUR/kWh",
        "inflexible_consumption": [load],
    }
    devices = [device]
    if draw(st.booleans()):
        devices.append(process(draw(st.sampled_from(["SHIFTABLE", "BREAKABLE"])), "1.3 kW"))
    return read_problem(site(random.uniform(0.1, 0.4, n).tolist(), *devices, **context))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(problems(), st.data())
def test_shadow_prices_are_what_a_little_more_of_the_limit_saves(
    problem: Problem, data: st.DataObject
) -> None:
    """At a kink of the cost, the price lies between what a little more saves and what a little less costs.

    Of a site with a process, it is that of the best plan that runs it at the same times.
    """
    before = solve(problem)
    times = {each.name: before.devices[each.name].power_kw for each in problem.processes}
    problem = replace(problem.by_name().with_fixed(times), processes=())
    t = data.draw(st.integers(0, problem.grid.n - 1))
    little = 1e-4

    for component, family, change in (
        ("site", "site_import_limit", _with_import),
        ("battery", "charge_limit", _with_charging),
        ("battery", "soc_ceiling", _with_store),
    ):
        price = worth(before, component, family)[t]
        saved = before.costs.total - solve(change(problem, t, little)).costs.total
        lost = solve(change(problem, t, -little)).costs.total - before.costs.total
        assert saved / little - 1e-5 <= price <= lost / little + 1e-5


def _with_import(problem: Problem, t: int, more: float) -> Problem:
    return replace(
        problem, site=replace(problem.site, import_limit_kw=_more(problem.site.import_limit_kw, t, more))
    )


def _with_charging(problem: Problem, t: int, more: float) -> Problem:
    (storage,) = problem.storages
    return replace(
        problem, storages=(replace(storage, charge_limit_kw=_more(storage.charge_limit_kw, t, more)),)
    )


def _with_store(problem: Problem, t: int, more: float) -> Problem:
    (stock,) = problem.stocks
    return replace(problem, stocks=(replace(stock, ceiling_kwh=_more(stock.ceiling_kwh, t, more)),))


def _more(limit: np.ndarray, t: int, more: float) -> np.ndarray:
    wider = limit.copy()
    wider[t] += more
    return wider
