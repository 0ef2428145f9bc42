"""Process flex-models as numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.precedence import NoRoomError, tightened
from flex_pipeline.scheduling.process import Process, first_chance
from flex_pipeline.scheduling.reading.arrays import Fields
from flex_pipeline.timeseries.units import parse_quantity
from flex_pipeline.timeseries.variable_quantity import parse_instant, parse_length

Array = NDArray[np.float64]
OF_TIME = ("time-restrictions", "latest-end", "earliest-start", "minimum-pause", "minimum-blocks")


def read_processes(models: Mapping[str, Fields]) -> tuple[Process, ...]:
    """The processes of a site; a fault where restrictions, or those that it waits for, leave no room for one."""
    processes = tuple(_read(model, name) for name, model in models.items())
    for process in processes:
        if first_chance(process) is None:
            _refuse(models[process.name], _needs(models[process.name], process))
    if any(model.notes.faults for model in models.values()):
        return processes
    waiting = [process for process in processes if process.after]
    try:
        tightened(processes if waiting else ())
    except NoRoomError as error:
        others = [p.name for p in processes if p.after or any(p.name in q.after for q in waiting)]
        message = f"leaves no room for {error.name}: one after the other, {', '.join(others)} take too long"
        first = next(p for p in waiting if error.name in (p.name, *p.after))
        models[first.name].fault("after", message)
    return processes


def _read(model: Fields, name: str) -> Process:
    grid = model.notes.grid
    profile = _profile(model)
    if profile.size > grid.n:
        model.notice(
            _source(model), f"{profile.size * grid.resolution} is longer than the window: it fills the window"
        )
    given = model.mapping
    fewest, most = given.get("minimum-blocks", 1), given.get("maximum-blocks")
    return Process(
        name,
        given.get("process-type", "INFLEXIBLE"),
        profile[: grid.n],
        _allowed(model),
        "MAX" in (given.get("optimization-sense"), given.get("optimization-direction")),
        runs=given.get("runs", 1),
        block_steps=_steps(model, "minimum-block-duration", 1),
        blocks=None if fewest == 1 and most is None else (fewest, min(most or profile.size, profile.size)),
        pause=_steps(model, "minimum-pause", 0),
        after=tuple(dict.fromkeys(given.get("after", ()))),
    )


def _source(model: Fields) -> str:
    return "load-profile" if "load-profile" in model else "duration"


def _profile(model: Fields) -> Array:
    """The power of each step of a run (k,), kW; the duration is rounded up to whole steps."""
    if "load-profile" not in model:
        return np.full(_steps(model, "duration", 1), model.number("power", 0.0))
    resolution = model.notes.grid.resolution
    phases = [
        (parse_quantity(phase["power"], "power").value, parse_length(phase["duration"]) / resolution)
        for phase in model.mapping["load-profile"]
    ]
    ends = np.cumsum([0.0, *(steps for _, steps in phases)])
    if (ends % 1).any():
        model.notice(
            "load-profile",
            f"does not change at whole steps of {resolution}: each step has the mean of its phases, "
            f"{math.ceil(ends[-1])} steps in all",
        )
    work = np.cumsum([0.0, *(power * steps for power, steps in phases)])
    return np.diff(np.interp(np.arange(math.ceil(ends[-1]) + 1), ends, work))


def _steps(model: Fields, name: str, default: int) -> int:
    """A duration in steps, rounded up, with a notice."""
    if name not in model:
        return default
    resolution, duration = model.notes.grid.resolution, parse_length(model.mapping[name])
    steps = -(-duration // resolution)
    if duration % resolution:
        model.notice(name, f"{duration} is rounded up to {steps} steps of {resolution}")
    return steps


def _allowed(model: Fields) -> NDArray[np.bool_]:
    """Steps whose start lies in no restriction, and that lie between the earliest start and the latest end."""
    grid, given = model.notes.grid, model.mapping
    allowed, positions = np.ones(grid.n, dtype=bool), np.arange(grid.n)
    for restriction in given.get("time-restrictions", []):
        start = parse_instant(restriction["start"])
        length = parse_length(restriction["duration"]) if "duration" in restriction else None
        end = parse_instant(restriction["end"]) if length is None else start + length
        allowed &= (positions < grid.position(start)) | (positions >= grid.position(end))
    if "earliest-start" in given:
        allowed &= positions >= grid.position(parse_instant(given["earliest-start"]))
    if "latest-end" in given:
        allowed &= positions + 1 <= grid.position(parse_instant(given["latest-end"]))
    return allowed


def _needs(model: Fields, process: Process) -> str:
    resolution = model.notes.grid.resolution
    runs = f"{process.runs} runs of " if process.runs > 1 else ""
    pause = f" with pauses of {process.pause * resolution}" if process.pause else ""
    return f"{runs}{process.steps} steps of {resolution}{pause}"


def _refuse(model: Fields, needs: str) -> None:
    """A fault at the fields that leave too little time."""
    given: Iterable[str] = [name for name in OF_TIME if name in model] or [_source(model)]
    first, *others = given
    also = f" together with {' and '.join(others)}" if others else ""
    model.fault(first, f"leave no room for {needs}{also}")
