"""The flex-model of a process: what has to run, how long, and when it may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flex_pipeline.portfolio.count import Count
from flex_pipeline.portfolio.fields import (
    WALL_CLOCK,
    Choice,
    Fault,
    FieldSpec,
    Instant,
    Length,
    ListOf,
    Quantity,
    Record,
    Text,
    join,
)
from flex_pipeline.portfolio.group import GROUP_OF
from flex_pipeline.timeseries.variable_quantity import parse_instant, parse_length

TIME_RESTRICTION = Record(
    (
        FieldSpec("start", Instant(), "First instant at which no step may start.", required=True),
        FieldSpec("duration", Length(), "How long the restriction holds."),
        FieldSpec("end", Instant(), "Instant from which steps may start again."),
    ),
    exactly_one_of=(("duration",), ("end",)),
)
PHASE = Record(
    (
        FieldSpec("power", Quantity("power", minimum=0), "Power of this phase.", required=True),
        FieldSpec("duration", Length(), "How long it lasts.", required=True),
    )
)
SENSE = Choice(("MIN", "MAX"))

PROCESS = Record(
    (
        FieldSpec("power", Quantity("power", minimum=0), "Nominal power while it runs."),
        FieldSpec("duration", Length(), "How long it runs, rounded up to whole steps."),
        FieldSpec(
            "load-profile",
            ListOf(PHASE),
            "Phases of a run one after the other, in place of power and duration; each step has their mean power.",
        ),
        FieldSpec(
            "process-type",
            Choice(("INFLEXIBLE", "SHIFTABLE", "BREAKABLE")),
            "At the first chance; in one go at the best time; or in parts at the best times.",
            "INFLEXIBLE",
        ),
        FieldSpec(
            "optimization-sense", SENSE, "MIN runs when energy is cheapest, MAX when it is dearest.", "MIN"
        ),
        FieldSpec("optimization-direction", SENSE, "Another spelling of optimization-sense.", "MIN"),
        FieldSpec("time-restrictions", ListOf(TIME_RESTRICTION), "When it may not run.", "[]"),
        FieldSpec("earliest-start", Instant(), "No run starts before this.", "the start of the day"),
        FieldSpec(
            "latest-end",
            Instant(),
            "Every run has ended by this; a time of day before that of earliest-start is one of the next day.",
            "the end of the day",
        ),
        FieldSpec(
            "runs", Count(), "How often it runs in a day, each time in one go; not for BREAKABLE.", "1"
        ),
        FieldSpec("minimum-pause", Length(), "Least time between two runs, or two blocks.", "none"),
        FieldSpec("minimum-blocks", Count(), "In how many parts at least a BREAKABLE process runs.", "1"),
        FieldSpec(
            "maximum-blocks", Count(), "In how many parts at most a BREAKABLE process runs.", "no bound"
        ),
        FieldSpec(
            "minimum-block-duration", Length(), "Least duration of a part of a BREAKABLE process.", "a step"
        ),
        FieldSpec(
            "after",
            ListOf(Text()),
            "Processes of this site that must have ended before it starts; where one of these is left out of a plan, "
            "it is not waited for.",
            "[]",
        ),
        GROUP_OF,
    ),
    exactly_one_of=(("power", "duration"), ("load-profile",)),
)
OF_BLOCKS = ("minimum-blocks", "maximum-blocks", "minimum-block-duration")
OF_RUNS = ("runs", "load-profile")


def process_faults(mapping: Mapping[str, Any], path: str) -> list[Fault]:
    """Fields of a process that contradict each other."""
    both = ("optimization-sense", "optimization-direction")
    found: list[tuple[str, str]] = []
    if all(name in mapping for name in both) and mapping[both[0]] != mapping[both[1]]:
        found.append((both[1], f"contradicts {both[0]}"))
    if mapping.get("load-profile") == []:
        found.append(("load-profile", "needs at least one phase"))
    kind = mapping.get("process-type", "INFLEXIBLE")
    foreign = OF_RUNS if kind == "BREAKABLE" else OF_BLOCKS
    found += [(name, f"has no meaning for a process that is {kind}") for name in foreign if name in mapping]
    found += _times_out_of_order(mapping)
    found += _blocks_that_do_not_fit(mapping)
    return [Fault(join(path, name), mapping.get(name), message) for name, message in found]


def precedence_faults(models: Mapping[str, Mapping[str, Any]], path: str) -> Iterable[Fault]:
    """What is wrong with `after` among the processes of a site, given by name; `path` has a place for one."""
    for name, model in models.items():
        own = f"{path.format(name)}.after"
        for other in _names(model):
            if other not in models or other == name:
                yield Fault(own, other, "is not another process of this site")
            elif _type(model) == "INFLEXIBLE" != _type(models[other]):
                message = f"{other} may wait: what is INFLEXIBLE can only come after what is"
                yield Fault(own, other, message)
        if name in _all_before(name, models):
            yield Fault(own, model.get("after"), "would have to end before it starts")


def _times_out_of_order(mapping: Mapping[str, Any]) -> list[tuple[str, str]]:
    try:
        start, end = (_time(mapping[name]) for name in ("earliest-start", "latest-end"))
    except (KeyError, ValueError):
        return []
    over_midnight = isinstance(start, str) and isinstance(end, str) and end < start
    if type(start) is type(end) and end <= start and not over_midnight:
        return [("latest-end", f"is not after earliest-start, {mapping['earliest-start']}")]
    return []


def _blocks_that_do_not_fit(mapping: Mapping[str, Any]) -> list[tuple[str, str]]:
    fewest, most = mapping.get("minimum-blocks", 1), mapping.get("maximum-blocks")
    if not isinstance(fewest, int):
        return []
    found = []
    if isinstance(most, int) and most < fewest:
        found.append(("maximum-blocks", f"is less than minimum-blocks, {fewest}"))
    try:
        block, duration = (parse_length(mapping[name]) for name in ("minimum-block-duration", "duration"))
    except (KeyError, ValueError):
        return found
    if fewest * block > duration:
        found.append(("minimum-block-duration", f"times {fewest} blocks is more than duration, {duration}"))
    return found


def _all_before(name: str, models: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The processes that it waits for, and those that they wait for."""
    found: set[str] = set()
    waiting = list(_names(models[name]))
    while waiting:
        other = waiting.pop()
        if other in models and other not in found:
            found.add(other)
            waiting += _names(models[other])
    return found


def _names(model: Mapping[str, Any]) -> list[str]:
    given = model.get("after", [])
    return [name for name in given if isinstance(name, str)] if isinstance(given, list) else []


def _type(model: Mapping[str, Any]) -> Any:
    return model.get("process-type", "INFLEXIBLE")


def _time(value: Any) -> Any:
    """To compare with another: a time of day as it is written."""
    return value if isinstance(value, str) and WALL_CLOCK.fullmatch(value) else parse_instant(value)
