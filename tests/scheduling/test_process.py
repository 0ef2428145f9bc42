"""A process alone: the dynamic programme against all choices there are, and by hand."""

from __future__ import annotations

from itertools import combinations, pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flex_pipeline.scheduling.process import Process, ProcessType, Run, Runs, best_runs, first_chance

PRICES = st.integers(-3, 3).map(float)


def stretches(steps: tuple[int, ...]) -> Runs:
    """Maximal stretches of steps."""
    found: list[Run] = []
    for step in steps:
        if found and found[-1].end == step:
            found[-1] = Run(found[-1].first, found[-1].steps + 1)
        else:
            found.append(Run(step, 1))
    return tuple(found)


def all_choices(process: Process) -> list[Runs]:
    """All runs that keep the rules, as a person reads them."""
    n = process.allowed.size
    if process.breakable:
        choices = [stretches(steps) for steps in combinations(range(n), process.steps)]
    else:
        starts = combinations(range(n - process.steps + 1), process.runs)
        choices = [tuple(Run(first, process.steps) for first in chosen) for chosen in starts]
    return [runs for runs in choices if keeps_the_rules(process, runs)]


def keeps_the_rules(process: Process, runs: Runs) -> bool:
    running = [step for run in runs for step in range(run.first, run.end)]
    fewest, most = process.blocks or (1, process.steps)
    pauses = [after.first - before.end for before, after in pairwise(runs)]
    return (
        all(process.allowed[step] for step in running)
        and len(set(running)) == len(running)
        and all(pause >= process.pause for pause in pauses)
        and (not process.breakable or fewest <= len(runs) <= most)
        and (not process.breakable or all(run.steps >= process.block_steps for run in runs))
    )


def cost_of(process: Process, cost: np.ndarray[Any, Any], runs: Runs) -> float:
    """Of a BREAKABLE process, all steps of the profile are alike."""
    return sum(float(cost[j, run.first + j]) for run in runs for j in range(run.steps))


def lateness(process: Process, runs: Runs) -> int:
    return sum(sum(range(run.first, run.end)) if process.breakable else run.first for run in runs)


@st.composite
def processes(draw: st.DrawFn, n: int) -> Process:
    kind: ProcessType = draw(st.sampled_from(["SHIFTABLE", "BREAKABLE"]))
    steps = draw(st.integers(1, 4))
    allowed = np.array(draw(st.lists(st.sampled_from([True, True, True, False]), min_size=n, max_size=n)))
    pause = draw(st.integers(0, 3))
    if kind == "SHIFTABLE":
        profile = np.array(draw(st.lists(st.sampled_from([0.0, 1.0, 2.5]), min_size=steps, max_size=steps)))
        return Process("a", kind, profile, allowed, runs=draw(st.integers(1, 3)), pause=pause)
    fewest = draw(st.integers(1, 3))
    blocks = draw(st.none() | st.integers(fewest, 4).map(lambda most: (fewest, most)))
    return Process(
        "a",
        kind,
        np.full(steps, 2.0),
        allowed,
        block_steps=draw(st.integers(1, 3)),
        blocks=blocks,
        pause=pause,
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_the_best_runs_are_the_earliest_of_the_cheapest_among_all_choices(data: st.DataObject) -> None:
    n = data.draw(st.integers(4, 9))
    process = data.draw(processes(n))
    rows = 1 if process.breakable else process.steps
    drawn = data.draw(st.lists(st.lists(PRICES, min_size=n, max_size=n), min_size=rows, max_size=rows))
    cost = np.array(drawn * process.steps if process.breakable else drawn)

    found, choices = best_runs(process, cost), all_choices(process)

    if not choices:
        assert found is None
        return
    assert found is not None
    least = min(cost_of(process, cost, runs) for runs in choices)
    assert cost_of(process, cost, found) == pytest.approx(least, abs=1e-6)
    cheapest = [runs for runs in choices if cost_of(process, cost, runs) < least + 0.5]  # prices are whole
    assert lateness(process, found) == min(lateness(process, runs) for runs in cheapest)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_rules_are_broken_where_a_person_says_so(data: st.DataObject) -> None:
    process = data.draw(processes(8))
    steps = data.draw(st.lists(st.integers(0, 7), unique=True, max_size=8).map(sorted))
    runs = stretches(tuple(steps))

    work = sum(run.steps for run in runs)
    right_length = (
        work == process.steps
        if process.breakable
        else (len(runs) == process.runs and all(run.steps == process.steps for run in runs))
    )

    kept = right_length and keeps_the_rules(process, runs)
    assert (max(process.violations(runs)) <= 0) == kept


def alone(kind: ProcessType, steps: int, n: int = 12, **limits: Any) -> Process:
    return Process("a", kind, np.ones(steps), np.ones(n, np.bool_), **limits)


def test_runs_keep_their_pause() -> None:
    # three runs of 2 with pauses of 2 at the first chance: 0-1, 4-5, 8-9
    process = alone("INFLEXIBLE", 2, runs=3, pause=2)

    assert first_chance(process) == (Run(0, 2), Run(4, 2), Run(8, 2))
    assert first_chance(alone("INFLEXIBLE", 2, n=9, runs=3, pause=2)) is None


def test_blocks_are_long_enough_and_not_too_many() -> None:
    price = np.array([5, 1, 5, 1, 5, 5, 2, 2, 5, 5, 1, 5], float)
    cost = np.outer(np.ones(4), price)

    # the four cheapest steps: 1 + 1 + 1 + 2; of two blocks of 2 at least, 6-7 for 4 and 0-1 for 6 are the cheapest
    free = best_runs(alone("BREAKABLE", 4), cost)
    in_blocks = best_runs(alone("BREAKABLE", 4, block_steps=2), cost)
    at_once = best_runs(alone("BREAKABLE", 4, blocks=(1, 1)), cost)

    assert free == (Run(1, 1), Run(3, 1), Run(6, 1), Run(10, 1))
    assert in_blocks == (Run(0, 2), Run(6, 2))
    assert at_once == (Run(0, 4),)  # 5 + 1 + 5 + 1 = 12, as good as any later


def test_a_profile_is_placed_by_what_each_of_its_steps_costs() -> None:
    # 3 kW, then 1 kW: at 1 and 9 it costs 3·1 + 9, at 9 and 1 3·9 + 1, at 2 and 2 3·2 + 2
    profile, price = np.array([3.0, 1.0]), np.array([9.0, 1.0, 9.0, 2.0, 2.0])
    process = Process("a", "SHIFTABLE", profile, np.ones(5, np.bool_))

    runs = best_runs(process, np.outer(profile, price))

    assert runs == (Run(3, 2),)
    assert process.power(runs).tolist() == [0, 0, 0, 3, 1]


def test_all_rules_count_in_a_violation() -> None:
    process = alone("BREAKABLE", 4, block_steps=2, blocks=(2, 2), pause=3)

    assert max(process.violations((Run(0, 2), Run(5, 2)))) == 0
    broken = {
        (Run(0, 2), Run(4, 2)): 1,  # a pause of 2
        (Run(0, 3), Run(6, 1)): 1,  # a block of 1
        (Run(0, 4),): 1,  # one block
        (Run(0, 2), Run(5, 3)): 1,  # five steps
        (Run(0, 2), Run(11, 2)): 1,  # past the end
    }
    for runs, by in broken.items():
        assert max(process.violations(runs)) == by, runs


def test_every_combination_of_limits_has_a_first_chance_or_none() -> None:
    for steps, least, pause in product((1, 3, 6), (1, 2, 3), (0, 2)):
        process = alone("BREAKABLE", steps, n=8, block_steps=least, pause=pause)
        assert (first_chance(process) is None) == (not all_choices(process))
