from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scheduling.__main__ import main
from benchmarks.scheduling.contenders import bare_highs, ours, plain_pyomo, plain_pyomo_directed
from benchmarks.scheduling.days import Day, Kind
from benchmarks.scheduling.race import race
from benchmarks.scheduling.report import Bar

LINEAR = {"HiGHS": bare_highs, "ours": ours, "Pyomo": plain_pyomo}


@pytest.mark.parametrize("kind", ["normal", "peaks"])
@pytest.mark.parametrize("devices", [1, 3])
def test_all_contenders_find_a_plan_of_the_same_cost(kind: Kind, devices: int) -> None:
    standing = race([Day(24, devices, kind, seed).problem() for seed in range(3)], LINEAR, seconds=0.2)

    assert standing.apart(LINEAR) < 1e-6
    # the days are worth optimising: a difference would show
    assert all(abs(turn["ours"].cost) > 0.1 for turn in standing.turns)


def test_where_prices_are_negative_binaries_find_the_same_cost_and_the_relaxation_less() -> None:
    contenders = {"HiGHS": bare_highs, "ours": ours, "Pyomo": plain_pyomo_directed}

    (turn,) = race([Day(24, 1, "negative").problem()], contenders, seconds=0).turns

    assert turn["ours"].cost == pytest.approx(turn["Pyomo"].cost, abs=2e-6)  # each within its gap of 1e-6
    assert turn["HiGHS"].cost < turn["ours"].cost - 1e-3


def test_a_day_is_the_same_each_time_and_another_with_another_seed() -> None:
    assert Day(24, 3).mapping() == Day(24, 3).mapping()
    assert Day(24, 3).mapping() != Day(24, 3, seed=1).mapping()


def test_only_negative_days_have_negative_prices() -> None:
    lowest = {
        kind: Day(24, 1, kind).problem().site.consumption_price.min() for kind in ("normal", "negative")
    }

    assert lowest["negative"] < 0 < lowest["normal"]


def test_a_ratio_compares_laps_on_the_same_day() -> None:
    standing = race(
        [Day(24, 1, seed=seed).problem() for seed in range(2)], {"a": ours, "b": ours}, seconds=0.3
    )

    assert standing.ratio("a", "a") == 1
    assert standing.ratio("a", "b") == pytest.approx(1 / standing.ratio("b", "a"), rel=0.5)
    assert np.isclose(standing.apart(["a", "b"]), 0)


def test_a_bar_is_a_most_or_a_least() -> None:
    assert Bar("slower by", 1.0, 1.2).passed
    assert not Bar("slower by", 1.3, 1.2).passed
    assert Bar("faster by", 16, 15, at_least=True).passed
    assert not Bar("faster by", 14, 15, at_least=True).passed


def test_the_command_prints_a_row_for_each_size(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--quick", "--only", "days", "cold", "--steps", "24", "--devices", "1", "--seconds", "0"])

    printed = capsys.readouterr().out
    assert "highspy" in printed.splitlines()[0]
    assert [line.split()[1] for line in printed.splitlines() if line.startswith("| ")] == [
        *("day", "--------", "normal", "peaks", "negative"),
        *("steps", "-----", "24"),
        *("what", "-" * 75),
    ]
