"""The same days to every contender, lap by lap in turn, so that what slows the machine slows them all."""

from __future__ import annotations

import gc
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from statistics import median
from time import monotonic
from typing import TYPE_CHECKING

from benchmarks.scheduling.contenders import Contender, Lap, Runner

if TYPE_CHECKING:
    from flex_pipeline.scheduling import Problem

Turn = Mapping[str, Lap]  # of each contender on the same day, directly after one another


@dataclass
class Standing:
    """All turns of a race."""

    turns: list[Turn] = field(default_factory=list)

    def __contains__(self, name: str) -> bool:
        return name in self.turns[0]

    def milliseconds(self, name: str) -> float:
        """Median CPU time of a lap."""
        return 1000 * median(turn[name].cpu_seconds for turn in self.turns)

    def ratio(self, name: str, to: str) -> float:
        """Median over the turns of the CPU time of one contender in that of another."""
        return median(turn[name].cpu_seconds / turn[to].cpu_seconds for turn in self.turns)

    def apart(self, names: Collection[str]) -> float:
        """The most that these differ in what their plans for the same day cost, in currency."""
        costs = [[turn[name].cost for name in names] for turn in self.turns]
        return max(max(of_turn) - min(of_turn) for of_turn in costs)


def race(problems: Sequence[Problem], contenders: Mapping[str, Contender], seconds: float) -> Standing:
    """Turns over all problems, round after round, until `seconds` of wall time are spent; at least one turn.

    Before the clock runs, everyone has solved the first problem once.
    """
    runners = [{name: prepare(problem) for name, prepare in contenders.items()} for problem in problems]
    for run in runners[0].values():
        run()
    gc.collect()
    gc.freeze()  # templates, models and modules need not be looked through before each lap
    try:
        return _turns(runners, seconds)
    finally:
        gc.unfreeze()


def _turns(runners: Sequence[Mapping[str, Runner]], seconds: float) -> Standing:
    standing = Standing()
    end = monotonic() + seconds
    for runner in cycle(runners):
        names = _rotated(list(runner), len(standing.turns))
        standing.turns.append({name: _lap(runner[name]) for name in names})
        if monotonic() > end:
            break
    return standing


def _rotated(names: list[str], by: int) -> list[str]:
    first = by % len(names)
    return names[first:] + names[:first]


def _lap(run: Runner) -> Lap:
    gc.collect()  # nobody pays for the garbage of another
    return run()
