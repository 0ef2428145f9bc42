"""What is in store at the start: as stated, else as measured, else nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flex_pipeline.scheduling.reading.arrays import Fields
from flex_pipeline.timeseries.variable_quantity import Fixed, Series

NEAR = 4  # steps from the start within which a measurement speaks for it


def read_start(model: Fields) -> float:
    """State of charge at the start, kWh."""
    if "soc-at-start" in model:
        return model.number("soc-at-start", 0.0)
    if "state-of-charge" not in model:
        model.notice("soc-at-start", "is not given: taken as 0 kWh")
        return 0.0
    grid, notes = model.notes.grid, model.notes
    near = [
        (abs(position), -position, instant, kwh)
        for instant, kwh in _measured(model)
        if abs(position := grid.position(instant)) <= NEAR
    ]
    if not near:
        model.fault(
            "state-of-charge", f"was not measured within {NEAR} steps of {notes.clock(grid.start_utc)}"
        )
        return 0.0
    _, _, instant, kwh = min(near)  # of two equally near, the later one
    model.notice("soc-at-start", f"is {kwh:g} kWh as measured at {notes.clock(instant)}")
    return kwh


def _measured(model: Fields) -> Iterator[tuple[datetime, float]]:
    quantity = model.quantity("state-of-charge")
    if isinstance(quantity, Fixed):
        yield model.notes.grid.start_utc, quantity.value
    elif isinstance(quantity, Series):
        for i, value in enumerate(quantity.values):
            if value == value:
                yield quantity.start_utc + i * quantity.resolution, float(value)
    else:
        for span in quantity.segments:
            yield span.start_utc, span.value
