from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

from flex_pipeline.portfolio.flex_model import check_flex_model
from flex_pipeline.scheduling import ProblemError, Schedule, baseline, read_problem, solve
from flex_pipeline.scheduling.plugins import PluginError
from flex_pipeline.scheduling.problem_schema import problem_schema
from tests.scheduling.plain import plain_cost
from tests.scheduling.sites import battery, site

Load = Callable[..., None]


def prices(schedule: Schedule, family: str) -> list[float]:
    (found,) = [p.values.tolist() for p in schedule.shadow_prices if p.family == family]
    return found


def electrolyser(**fields: str) -> dict[str, object]:
    model = {"power-capacity": "4 kW", "hydrogen-value": "0.2 EUR/kWh"}
    model |= {name.replace("_", "-"): value for name, value in fields.items()}
    return {"name": "electrolyser", "type": "electrolyser", "flex_model": model}


def test_a_constraint_of_a_plugin_holds_and_has_its_worth(load: Load) -> None:
    load("ramp_limit")
    problem = read_problem(site([0.1, 0.3], battery(maximum_ramp="6 kW")))

    schedule = solve(problem)

    # without the limit +5 and −5; with it p0 − p1 ≤ 6 and p1 ≥ −p0: 3 kWh bought and sold, 0.6 a step of 1 kW
    assert schedule.status == "optimal"
    assert schedule.devices["battery"].power_kw == pytest.approx([3, -3])
    assert schedule.costs.total == pytest.approx(-0.6)
    assert schedule.certificate.primal_violation <= 1e-9
    # one kW more: half a kWh more each way
    assert prices(schedule, "ramp_down") == pytest.approx([0, 0.1])
    assert plain_cost(problem) == pytest.approx(-0.6)


def test_a_limit_of_a_plugin_takes_part_in_the_diagnosis(load: Load) -> None:
    load("ramp_limit")
    targets = [
        {"value": "0.5 kWh", "datetime": "2024-06-03T01:00+02:00"},
        {"value": "5 kWh", "datetime": "2024-06-03T02:00+02:00"},
    ]
    device = battery(maximum_ramp="1 kW", soc_targets=targets)

    schedule = solve(read_problem(site([0.1, 0.1], device, relax_constraints=False)))

    # 0.5 kW and then at most 1.5 kW make 2 kWh; 5 kWh would take 4.5 kW, 4 more than before
    assert schedule.status == "infeasible"
    assert "raising maximum-ramp of battery by 3 kW" in str(schedule.diagnosis)
    assert "lowering soc-targets of battery by 3 kWh" in str(schedule.diagnosis)


def test_a_device_of_a_new_type_is_planned_with_the_others(load: Load) -> None:
    load("electrolyser")
    problem = read_problem(
        site([0.1, 0.3, 0.15], electrolyser(least_energy="10 kWh"), site_power_capacity="4 kW")
    )

    schedule = solve(problem)

    # 4 kWh at 0.10 and 4 at 0.15 earn 0.4 and 0.2; the 2 kWh that are missing cost 0.1 each at 0.30
    assert schedule.devices["electrolyser"].power_kw == pytest.approx([4, 2, 4])
    assert schedule.costs.energy == pytest.approx(0.4 + 0.6 + 0.6)
    assert schedule.costs.plugins == pytest.approx(-2)
    assert schedule.costs.total == pytest.approx(-0.4)
    assert schedule.certificate.gap == pytest.approx(0, abs=1e-9)
    assert prices(schedule, "least_energy") == pytest.approx([0.1, 0, 0])
    assert baseline(problem).devices["electrolyser"].power_kw == pytest.approx([4, 4, 4])
    assert plain_cost(problem) == pytest.approx(-0.4)


def test_a_device_of_a_new_type_that_cannot_do_what_it_must_says_why(load: Load) -> None:
    load("electrolyser")
    schedule = solve(read_problem(site([0.1, 0.3], electrolyser(least_energy="10 kWh"))))

    assert schedule.status == "infeasible"
    assert schedule.devices["electrolyser"].power_kw == pytest.approx([4, 4])
    assert "least-energy of electrolyser is short by up to 2 kWh" in str(schedule.diagnosis)
    assert schedule.certificate.primal_violation == pytest.approx(2)


def test_its_fields_are_checked_and_described_like_any_other(load: Load) -> None:
    load("electrolyser", "ramp_limit")

    faults = [
        str(fault) for fault in check_flex_model({"power-capacity": "-1 kW", "powr": 1}, "electrolyser")
    ]

    assert any("powr: is not a known field" in fault for fault in faults)
    assert any("power-capacity: must be 0 or more" in fault for fault in faults)
    assert any("hydrogen-value: is missing" in fault for fault in faults)
    assert "maximum-ramp" in problem_schema()["$defs"]["storage"]["properties"]


def test_a_problem_with_plugins_can_be_sent_to_a_worker(load: Load) -> None:
    load("ramp_limit")
    problem = read_problem(site([0.1, 0.3], battery(maximum_ramp="6 kW")))

    assert solve(pickle.loads(pickle.dumps(problem))).costs.total == pytest.approx(-0.6)


def test_what_is_no_plugin_is_named(load: Load) -> None:
    with pytest.raises(PluginError, match="no_such_module cannot be imported"):
        load("no_such_module")


def test_a_field_cannot_be_defined_twice(load: Load) -> None:
    load("ramp_limit")
    import ramp_limit  # type: ignore[import-not-found]

    from flex_pipeline.scheduling.plugins import Plugin, register

    with pytest.raises(PluginError, match="ramp_limit: a storage has a field maximum-ramp already"):
        register(Plugin("storage", (ramp_limit.FIELD,), ramp_limit.read))


def test_without_its_plugin_a_type_is_unknown() -> None:
    with pytest.raises(ProblemError, match="must be storage or process"):
        read_problem(site([0.1], electrolyser()))
