"""The same days to every contender, in turn, so that what slows the machine slows them all."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.scheduling.contenders import Contender, Lap, Runner

if TYPE_CHECKING:
    from flex_pipeline.scheduling import Problem

Turn = Mapping[str, Sequence[Lap]]  # of each contender on the same days, directly after one another


@dataclass
class Standing:
    """All turns of a race."""

    turns: list[Turn] = field(default_factory=list)

    def __contains__(self, name: str) -> bool:
        return name in self.turns[0]

    def milliseconds(self, name: str) -> float:
        """Median CPU time of a lap."""
        return 1000 * median(lap.cpu_seconds for turn in self.turns for lap in turn[name])

    def ratio(self, name: str, to: str) -> float:
        """Median over the turns of the CPU time of one contender in that of another."""
        return median(_cpu_seconds(turn[name]) / _cpu_seconds(turn[to]) for turn in self.turns)

    def costs(self, name: str) -> list[float]:
        """Of the plans of all laps, in currency."""
        return [lap.cost for turn in self.turns for lap in turn[name]]

    def apart(self, names: Iterable[str]) -> float:
        """The most that these differ in what their plans for the same day cost, in currency."""
        same_day: Iterable[tuple[float, ...]] = zip(*map(self.costs, names), strict=True)
        return max(max(costs) - min(costs) for costs in same_day)


def race(
    problems: Sequence[Problem], contenders: Mapping[str, Contender], seconds: float, in_a_row: int = 1
) -> Standing:
    """Turns over all problems, round after round, until `seconds` of CPU time are spent; at least one turn.

    In a turn, each contender solves as many problems as go in a row. Before the clock runs, everyone has solved the
    first problem once.
    """
    runners = [{name: prepare(problem) for name, prepare in contenders.items()} for problem in problems]
    for run in runners[0].values():
        run()
    gc.collect()
    gc.freeze()  # templates, models and modules need not be looked through before each turn
    try:
        return _turns([runners[i : i + in_a_row] for i in range(0, len(runners), in_a_row)], seconds)
    finally:
        gc.unfreeze()


def _turns(rows: Sequence[Sequence[Mapping[str, Runner]]], seconds: float) -> Standing:
    standing, spent = Standing(), 0.0
    for row in cycle(rows):
        names = _rotated(list(row[0]), len(standing.turns))
        turn = {name: _laps([runner[name] for runner in row]) for name in names}
        standing.turns.append(turn)
        spent += sum(map(_cpu_seconds, turn.values()))
        if spent >= seconds:
            break
    return standing


def _rotated(names: list[str], by: int) -> list[str]:
    first = by % len(names)
    return names[first:] + names[:first]


def _laps(runners: Sequence[Runner]) -> list[Lap]:
    gc.collect()  # nobody pays for the garbage of another
    return [run() for run in runners]


def _cpu_seconds(laps: Sequence[Lap]) -> float:
    return sum(lap.cpu_seconds for lap in laps)
