"""Process flex-models as numbers."""

from __future__ import annotations

import numpy as np

from flex_pipeline.scheduling.problem import Process
from flex_pipeline.scheduling.reading.arrays import Fields
from flex_pipeline.timeseries.variable_quantity import parse_instant, parse_length


def read_process(model: Fields, name: str) -> Process:
    """A process; a fault when its restrictions leave no room for it."""
    grid = model.notes.grid
    duration = parse_length(model.mapping["duration"])
    steps = -(-duration // grid.resolution)
    if duration % grid.resolution:
        model.notice("duration", f"{duration} is rounded up to {steps} steps of {grid.resolution}")
    if steps > grid.n:
        model.notice("duration", f"{duration} is longer than the window: it fills the window")
    process = Process(
        name,
        model.number("power", 0.0),
        min(steps, grid.n),
        model.mapping.get("process-type", "INFLEXIBLE"),
        "MAX" in (model.mapping.get("optimization-sense"), model.mapping.get("optimization-direction")),
        _allowed(model),
    )
    if not has_room(process):
        model.fault("time-restrictions", f"leave no room for {steps} steps of {grid.resolution}")
    return process


def has_room(process: Process) -> bool:
    """Whether the process can run at all."""
    if process.type == "BREAKABLE":
        return int(process.allowed.sum()) >= process.steps
    return bool(process.free_starts().size)


def _allowed(model: Fields) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Steps whose start lies in no restriction."""
    grid = model.notes.grid
    allowed = np.ones(grid.n, dtype=bool)
    positions = np.arange(grid.n)
    for restriction in model.mapping.get("time-restrictions", []):
        start = parse_instant(restriction["start"])
        length = parse_length(restriction["duration"]) if "duration" in restriction else None
        end = parse_instant(restriction["end"]) if length is None else start + length
        allowed &= (positions < grid.position(start)) | (positions >= grid.position(end))
    return allowed
