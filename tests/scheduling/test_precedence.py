from __future__ import annotations

from graphlib import CycleError

import numpy as np
import pytest

from flex_pipeline.scheduling.precedence import NoRoomError, in_order, tightened
from flex_pipeline.scheduling.process import Process


def process(name: str, steps: int, *after: str, n: int = 10, **limits: object) -> Process:
    return Process(name, "SHIFTABLE", np.ones(steps), np.ones(n, np.bool_), after=after, **limits)  # type: ignore[arg-type]


def window(process: Process) -> tuple[int, int]:
    steps = np.flatnonzero(process.allowed)
    return int(steps[0]), int(steps[-1]) + 1


def test_those_that_wait_come_after_and_others_by_name() -> None:
    order = in_order([process("a", 1, "z"), process("b", 1), process("z", 1)])

    assert [p.name for p in order].index("z") < [p.name for p in order].index("a")
    with pytest.raises(CycleError):
        in_order([process("a", 1, "b"), process("b", 1, "a")])


def test_each_has_the_time_that_the_whole_chain_leaves_it() -> None:
    # 2 and 3 and 4 steps one after the other in 10: one step to spare
    chain = tightened([process("c", 4, "b"), process("a", 2), process("b", 3, "a")])

    assert {name: window(p) for name, p in chain.items()} == {"a": (0, 3), "b": (2, 6), "c": (5, 10)}


def test_a_chain_that_is_too_long_names_one_without_room() -> None:
    with pytest.raises(NoRoomError, match="c has no room"):
        tightened([process("a", 4), process("b", 4, "a"), process("c", 4, "b")])


def test_blocks_that_begin_later_may_end_sooner() -> None:
    # two steps at once in 3-4, or one in 0 and one after a pause of 5 in 6: the sooner start ends later
    allowed = np.array([1, 0, 0, 1, 1, 0, 1, 0], np.bool_)
    first = Process("a", "BREAKABLE", np.ones(2), allowed, pause=5)
    chain = tightened([first, process("b", 1, "a", n=8)])

    assert window(chain["b"]) == (5, 8)
