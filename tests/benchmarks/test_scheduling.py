from __future__ import annotations

import pytest

from benchmarks.scheduling.__main__ import main
from benchmarks.scheduling.contenders import (
    Contender,
    Lap,
    Runner,
    bare_highs,
    ours,
    plain_pyomo,
    plain_pyomo_directed,
)
from benchmarks.scheduling.days import Day, Kind
from benchmarks.scheduling.growth import grow
from benchmarks.scheduling.joint import GAP_SHARE, joint_day, plan_jointly
from benchmarks.scheduling.partner import numbers
from benchmarks.scheduling.race import Standing, race
from benchmarks.scheduling.report import Bar
from flex_pipeline.scheduling import Problem, read_problem

LINEAR = {"HiGHS": bare_highs, "ours": ours, "Pyomo": plain_pyomo}


@pytest.mark.parametrize("kind", ["normal", "peaks"])
@pytest.mark.parametrize("devices", [1, 3])
def test_all_contenders_find_a_plan_of_the_same_cost(kind: Kind, devices: int) -> None:
    standing = race([Day(24, devices, kind, seed).problem() for seed in range(3)], LINEAR, seconds=0.2)

    assert standing.apart(LINEAR) < 1e-6
    # the days are worth optimising: a difference would show
    assert all(abs(cost) > 0.1 for cost in standing.costs("ours"))


def test_where_prices_are_negative_binaries_find_the_same_cost_and_the_relaxation_less() -> None:
    contenders = {"HiGHS": bare_highs, "ours": ours, "Pyomo": plain_pyomo_directed}

    standing = race([Day(24, 1, "negative").problem()], contenders, seconds=0)

    assert standing.costs("ours") == pytest.approx(standing.costs("Pyomo"), abs=2e-6)  # each to a gap of 1e-6
    assert standing.costs("HiGHS")[0] < standing.costs("ours")[0] - 1e-3


def test_a_day_is_the_same_each_time_and_another_with_another_seed() -> None:
    assert Day(24, 3).mapping() == Day(24, 3).mapping()
    assert Day(24, 3).mapping() != Day(24, 3, seed=1).mapping()


def test_only_negative_days_have_negative_prices() -> None:
    lowest = {
        kind: Day(24, 1, kind).problem().site.consumption_price.min() for kind in ("normal", "negative")
    }

    assert lowest["negative"] < 0 < lowest["normal"]


def test_a_ratio_compares_turns_and_not_medians() -> None:
    standing = Standing(
        [
            {"a": [Lap(5.0, 2.0), Lap(5.0, 4.0)], "b": [Lap(5.0, 1.0), Lap(5.5, 1.0)]},  # 6 to 2
            {"a": [Lap(5.0, 4.0)], "b": [Lap(5.0, 4.0)]},  # the machine was slow: 1
            {"a": [Lap(5.0, 8.0)], "b": [Lap(5.0, 2.0)]},  # 4
        ]
    )

    assert standing.ratio("a", to="b") == 3.0
    assert standing.milliseconds("a") == 4000.0
    assert standing.apart(["a", "b"]) == 0.5


def test_contenders_take_turns_on_the_same_days_and_each_begins_once() -> None:
    began: list[tuple[str, int]] = []

    def contender(name: str) -> Contender:
        def prepare(problem: Problem) -> Runner:
            def run() -> Lap:
                began.append((name, len(problem.storages)))
                return Lap(0.0, 1.0)

            return run

        return prepare

    problems = [Day(24, devices).problem() for devices in (1, 2, 3)]
    standing = race(problems, {"a": contender("a"), "b": contender("b")}, seconds=6, in_a_row=2)

    assert len(standing.turns) == 2  # of 4 laps and of 2, a second each
    # once to warm up, two days in a row, and in the next turn, the rest in the other order
    expected = [("a", 1), ("b", 1), ("a", 1), ("a", 2), ("b", 1), ("b", 2), ("b", 3), ("a", 3)]
    assert began == expected


def test_a_bar_is_a_most_or_a_least() -> None:
    assert Bar("slower by", 1.0, 1.2).passed
    assert not Bar("slower by", 1.3, 1.2).passed
    assert Bar("faster by", 16, 15, at_least=True).passed
    assert not Bar("faster by", 14, 15, at_least=True).passed


def test_growth_counts_all_processes_and_the_largest() -> None:
    growth = grow(device_days=3, processes=2)

    assert growth.cpu_ms > 100  # three days share import and compiling, which take more than half a second
    assert 50 < growth.peak_mib < 1000


@pytest.mark.parametrize("kind", ["normal", "peaks", "negative"])
def test_six_processes_and_three_storages_are_planned_with_a_small_certified_gap(kind: Kind) -> None:
    problem = read_problem(joint_day(0, kind))
    assert (len(problem.processes), len(problem.storages), problem.grid.n) == (6, 3, 96)

    joint = plan_jointly(0, kind)

    assert joint.status in ("optimal", "feasible")
    assert joint.binaries > 400  # it was a search
    # a day of negative prices costs next to nothing: there, a cent
    assert -1e-6 <= joint.gap <= (0.01 if kind == "negative" else GAP_SHARE * joint.cost)


def test_flexmeasures_is_given_the_stock_of_each_device() -> None:
    problem = Day(24, 1).problem()
    (device,) = numbers(problem)["devices"]

    # one step of 1 h: what is stored of a kWh, and what is taken for one
    assert device["charging_efficiency"] == pytest.approx(problem.storages[0].charge_gain)
    assert device["discharging_efficiency"] == pytest.approx(1 / problem.storages[0].discharge_loss)
    assert device["start_kwh"] == problem.stocks[0].start_kwh


def test_what_flexmeasures_would_not_be_given_is_refused() -> None:
    mapping = Day(24, 1).mapping()
    mapping["flex_context"] |= {
        "site-consumption-capacity": "3 kW",
        "site-consumption-breach-price": "1 EUR/kW",
    }

    with pytest.raises(ValueError, match="only hard limits"):
        numbers(read_problem(mapping))


def test_the_command_prints_a_row_for_each_size(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--quick", "--only", "days", "cold", "--steps", "24", "--devices", "1", "--seconds", "0"])

    printed = capsys.readouterr().out
    assert "highspy" in printed.splitlines()[0]
    assert [line.split()[1] for line in printed.splitlines() if line.startswith("| ")] == [
        *("steps", "-----", "24"),
        *("day", "--------", "normal", "peaks", "negative"),
        *("what", "-" * 70),
    ]
