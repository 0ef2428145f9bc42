"""What processes can be asked for, alone and with a battery; hourly steps, numbers computed by hand."""

from __future__ import annotations

from typing import Any

import pytest

from flex_pipeline.scheduling import ProblemError, read_problem, solve
from flex_pipeline.scheduling.plan import Plan
from flex_pipeline.scheduling.process import Run
from tests.scheduling.plans import powers, solved
from tests.scheduling.sites import at, battery, process, series, site

PEAK = {"site_peak_consumption_price": "1 EUR/kW"}  # what is placed with it needs the solver


def named(
    name: str, kind: str = "SHIFTABLE", power: str = "2 kW", hours: int = 2, **fields: Any
) -> dict[str, Any]:
    return process(kind, power, hours, **fields) | {"name": name}


def phases(*powers_and_minutes: tuple[float, int]) -> dict[str, Any]:
    model = {
        "process-type": "SHIFTABLE",
        "load-profile": [{"power": f"{kw} kW", "duration": f"PT{m}M"} for kw, m in powers_and_minutes],
    }
    return {"name": "process", "type": "process", "flex_model": model}


def runs_at(mapping: dict[str, Any], name: str = "process") -> list[int]:
    schedule = solved(mapping)
    assert schedule.status == "optimal"
    return [hour for hour, power in enumerate(powers(schedule, name)) if power]


def fault(mapping: dict[str, Any]) -> str:
    with pytest.raises(ProblemError) as caught:
        read_problem(mapping)
    return str(caught.value)


def test_a_profile_runs_its_dear_phase_when_energy_is_cheap() -> None:
    # 3 kW and then 1 kW, by start: 3·0.1 + 0.9 = 1.2, 3·0.9 + 0.2 = 2.9, 3·0.2 + 0.2 = 0.8, 3·0.2 + 0.5 = 1.1
    schedule = solved(site([0.1, 0.9, 0.2, 0.2, 0.5], phases((3, 60), (1, 60))))

    assert powers(schedule, "process") == [0, 0, 3, 1, 0]
    assert schedule.costs.total == pytest.approx(0.8)


def test_a_profile_that_changes_within_steps_keeps_its_energy_and_says_so() -> None:
    # 4 kW for 30 min and 1 kW for an hour are 3 kWh: 2 + 0.5 in the first hour, 0.5 in the second
    mapping = site([0.1] * 3, phases((4, 30), (1, 60)))

    schedule = solved(mapping)

    assert powers(schedule, "process") == [2.5, 0.5, 0]
    assert "each step has the mean of its phases, 2 steps in all" in " ".join(schedule.notices)


def test_a_process_runs_between_its_earliest_start_and_its_latest_end() -> None:
    prices = [0.1, 0.1, 0.6, 0.3, 0.3, 0.1, 0.1]

    assert runs_at(site(prices, process("SHIFTABLE", earliest_start=at(1), latest_end=at(5)))) == [3, 4]
    assert runs_at(site(prices, process("INFLEXIBLE", earliest_start=at(1)))) == [1, 2]
    # half past: the step that is under way does not count
    assert runs_at(site(prices, process("INFLEXIBLE", earliest_start=at(1, 30)))) == [2, 3]
    assert runs_at(site(prices, process("SHIFTABLE", earliest_start=at(2), latest_end=at(6, 30)))) == [4, 5]


@pytest.mark.parametrize("context", [{}, PEAK])
def test_three_times_before_five_with_a_pause(context: dict[str, str]) -> None:
    # an hour each, an hour between: 1, 3 and 5 cost 0.1 + 0.1 + 0.2, and nothing ends by five for less
    prices = [0.4, 0.1, 0.3, 0.1, 0.1, 0.2, 0.1]
    washer = process("SHIFTABLE", hours=1, runs=3, minimum_pause="PT1H", latest_end=at(6))

    assert runs_at(site(prices, washer, **context)) == [1, 3, 5]


@pytest.mark.parametrize("context", [{}, PEAK])
def test_blocks_are_at_least_so_long_at_most_so_many_and_apart(context: dict[str, str]) -> None:
    prices = [0.1, 0.5, 0.1, 0.1, 0.5, 0.2, 0.2, 0.5, 0.1]

    def hours(**limits: Any) -> list[int]:
        return runs_at(site(prices, process("BREAKABLE", hours=4, **limits), **context))

    assert hours() == [0, 2, 3, 8]
    assert hours(minimum_block_duration="PT2H") == [2, 3, 5, 6]
    assert hours(minimum_block_duration="PT3H") == [0, 1, 2, 3]  # 0.8; in one go 2-5 is 0.9
    assert hours(maximum_blocks=2) == [2, 3, 5, 6]  # 0.6; 0, 2-4 is 0.8
    # two blocks with 3 h between them: 0-2 and 8 are 0.8, as good as 2-3 and 7-8, and sooner
    assert hours(minimum_blocks=2, maximum_blocks=2, minimum_pause="PT3H") == [0, 1, 2, 8]


@pytest.mark.parametrize("context", [{}, PEAK])
def test_at_least_two_blocks_are_not_one(context: dict[str, str]) -> None:
    prices = [0.5, 0.1, 0.1, 0.1, 0.5, 0.3]

    assert runs_at(site(prices, process("BREAKABLE", hours=3, minimum_blocks=2), **context)) == [1, 2, 5]


def test_a_dryer_waits_for_the_washer() -> None:
    # alone each would run at 3-4; the pair has 0-1 and 3-4 for 4·0.2 + 4·0.1, or 3-4 and 5-6 for 4·0.1 + 4·0.4
    prices = [0.2, 0.2, 0.6, 0.1, 0.1, 0.4, 0.4]
    schedule = solved(site(prices, named("dryer", after=["washer"]), named("washer")))

    assert powers(schedule, "washer") == [2, 2, 0, 0, 0, 0, 0]
    assert powers(schedule, "dryer") == [0, 0, 0, 2, 2, 0, 0]
    assert schedule.costs.total == pytest.approx(1.2)


def test_a_process_waits_for_all_runs_and_blocks_of_those_before_it() -> None:
    prices = [0.3, 0.1, 0.1, 0.3, 0.1, 0.1, 0.1, 0.3]
    first = named("first", hours=1, runs=2, minimum_pause="PT2H")
    second = named("second", "BREAKABLE", hours=2)
    third = named("third", hours=1, after=["first", "second"])

    # first at 1 and 4 and second at 1-2, for 0.2 each; third after both
    schedule = solved(site(prices, first, second, third))

    assert powers(schedule, "first") == [0, 2, 0, 0, 2, 0, 0, 0]
    assert powers(schedule, "second") == [0, 2, 2, 0, 0, 0, 0, 0]
    assert powers(schedule, "third") == [0, 0, 0, 0, 0, 2, 0, 0]


def test_max_and_inflexible_leave_room_for_those_that_wait() -> None:
    prices = [0.1, 0.2, 0.3, 0.5, 0.9, 0.9]
    first = named("first", optimization_sense="MAX")
    second = named("second", "SHIFTABLE", after=["first"])

    # the dearest time is 4-5, but then the second had none: 2-3
    schedule = solved(site(prices, first, second))

    assert powers(schedule, "first") == [0, 0, 2, 2, 0, 0]
    assert powers(schedule, "second") == [0, 0, 0, 0, 2, 2]
    chain = site(
        prices, named("b", "INFLEXIBLE", after=["a"]), named("a", "INFLEXIBLE", earliest_start=at(1))
    )
    assert powers(solved(chain), "b") == [0, 0, 0, 2, 2, 0]


def test_a_process_and_a_battery_share_a_small_connection() -> None:
    # 2 kW for an hour behind 3 kW, and a battery that needs 5 kWh by the end: 0.1·3 + 0.2·3 is what 0-1 can carry,
    # so 1 kWh and the process are left for 0.3 or later: 3·0.1 + 2·0.2 + 2·0.3 and nothing is cheaper
    car = battery(soc_at_end="5 kWh", production_capacity="0 kW")
    mapping = site(
        [0.1, 0.2, 0.3, 0.5],
        car,
        process("SHIFTABLE", hours=1),
        site_power_capacity="3 kW",
        relax_constraints=False,
    )

    schedule = solved(mapping)

    assert schedule.costs.total == pytest.approx(3 * 0.1 + 3 * 0.2 + 1 * 0.3)
    assert max(schedule.site_power_kw) <= 3 + 1e-9
    assert schedule.certificate.gap == pytest.approx(0, abs=1e-6)


def test_a_process_takes_the_sun_that_would_be_curtailed() -> None:
    # selling costs 0.1, so the 3 kW of sun at 1-2 are worth nothing: the process takes 2 of them for free
    sun = {"power_capacity": "3 kW", "consumption_capacity": "0 kW", "soc_at_start": "0 kWh"}
    pv = {
        "name": "pv",
        "flex_model": {
            "consumption-capacity": "0 kW",
            "production-capacity": series([0.0, 3.0, 3.0, 0.0], "kW"),
            "power-capacity": sun["power_capacity"],
        },
    }
    mapping = site([0.2, 0.3, 0.3, 0.2], pv, process("SHIFTABLE"), production_price="-0.1 EUR/kWh")

    schedule = solved(mapping)

    assert powers(schedule, "process") == [0, 2, 2, 0]
    assert powers(schedule, "pv") == [0, -2, -2, 0]
    assert schedule.costs.total == pytest.approx(0)


@pytest.mark.parametrize(
    ("kind", "limits", "expected"),
    [
        ("SHIFTABLE", {}, [0, 1]),
        ("SHIFTABLE", {"runs": 2, "hours": 1, "minimum_pause": "PT2H"}, [0, 3]),
        ("BREAKABLE", {}, [0, 1]),
        ("BREAKABLE", {"minimum_blocks": 2}, [0, 2]),
    ],
)
def test_the_earliest_of_equal_times_wins_with_a_battery_too(
    kind: str, limits: dict[str, Any], expected: list[int]
) -> None:
    mapping = site([0.1] * 6, battery(), process(kind, **limits))

    assert runs_at(mapping) == expected


def test_equally_dear_processes_take_turns_as_early_as_they_can() -> None:
    # 2 kW each behind 3 kW: never at once
    mapping = site([0.1] * 6, named("a"), named("b"), site_power_capacity="3 kW")

    schedule = solved(mapping)

    assert sorted(powers(schedule, "a") + powers(schedule, "b")) == [0] * 8 + [2] * 4
    total = [a + b for a, b in zip(powers(schedule, "a"), powers(schedule, "b"), strict=True)]
    assert total == [2, 2, 2, 2, 0, 0]


@pytest.mark.parametrize(
    ("devices", "message"),
    [
        ([process("SHIFTABLE", after=["dryer"])], "process.after: is not another process of this site"),
        ([process("SHIFTABLE", after=["process"])], "process.after: is not another process of this site"),
        ([named("a", after=["b"]), named("b", after=["a"])], "a.after: would have to end before it starts"),
        (
            [named("a", "INFLEXIBLE", after=["b"]), named("b")],
            "what is INFLEXIBLE can only come after what is",
        ),
        (
            [named("a", after=["b"], hours=3), named("b", hours=3)],
            "leaves no room for a: one after the other, a, b",
        ),
        ([process("SHIFTABLE", runs=3, hours=2)], "process.duration: leave no room for 3 runs of 2 steps"),
        (
            [process("SHIFTABLE", runs=2, minimum_pause="PT2H", latest_end=at(4))],
            "process.latest-end: leave no room for 2 runs of 2 steps of 1:00:00 with pauses of 2:00:00 together with "
            "minimum-pause",
        ),
        ([process("SHIFTABLE", maximum_blocks=2)], "has no meaning for a process that is SHIFTABLE"),
        ([process("BREAKABLE", runs=2)], "has no meaning for a process that is BREAKABLE"),
        ([process("SHIFTABLE", runs=0)], "must be a whole number from 1 on"),
        ([process("BREAKABLE", minimum_blocks=3, maximum_blocks=2)], "is less than minimum-blocks, 3"),
        (
            [process("BREAKABLE", minimum_blocks=2, minimum_block_duration="PT90M")],
            "times 2 blocks is more than duration, 2:00:00",
        ),
        (
            [process("SHIFTABLE", earliest_start=at(3), latest_end=at(2))],
            "latest-end: is not after earliest-start, 2024-06-03T03:00+02:00",
        ),
    ],
)
def test_contradictions_are_named_with_their_field(devices: list[dict[str, Any]], message: str) -> None:
    assert message in fault(site([0.1] * 5, *devices))


def test_a_plan_is_checked_for_who_waits_for_whom() -> None:
    problem = read_problem(site([0.1] * 6, named("washer"), named("dryer", power="3 kW", after=["washer"])))

    def violation(washer: int, dryer: int) -> float:
        return Plan(problem, [], [], [(Run(washer, 2),), (Run(dryer, 2),)]).violation

    assert violation(washer=0, dryer=2) == 0
    assert violation(washer=0, dryer=1) == 3  # kW, a step too soon
    assert violation(washer=4, dryer=0) == 18  # six steps


def test_power_and_duration_or_a_profile() -> None:
    both = phases((1, 60))
    both["flex_model"]["power"] = "1 kW"
    neither = process("SHIFTABLE")
    del neither["flex_model"]["duration"]

    assert "needs exactly one of power and duration, load-profile" in fault(site([0.1] * 5, both))
    assert "duration: is missing: How long it runs" in fault(site([0.1] * 5, neither))
    assert "needs at least one phase" in fault(site([0.1] * 5, phases()))


def test_time_that_is_up_never_loses_the_plan_of_one_after_the_other() -> None:
    prices = [0.1, 0.3, 0.2, 0.4, 0.1, 0.2, 0.3, 0.5]
    devices = [named(f"p{i}", hours=2, power=f"{i + 1} kW") for i in range(3)]
    problem = read_problem(site(prices, battery(), *devices, site_power_capacity="6 kW"))

    at_once, best = solve(problem, time_limit_s=0.0), solve(problem)

    assert at_once.status in ("feasible", "optimal")
    assert at_once.certificate.primal_violation <= 1e-6
    assert best.costs.total <= at_once.costs.total + 1e-9
    assert at_once.certificate.bound is None or at_once.certificate.bound <= best.costs.total + 1e-6
