"""Where the values come from that a plan reads: measured, published, repaired or forecast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from flex_pipeline.planning.horizon import Horizon
from flex_pipeline.planning.known import Known
from flex_pipeline.timeseries.grid import Instants, utc_instant

# measured: a source gave it when the step was over; published: ahead of that; repaired, forecast: no source gave it
How = Literal["measured", "published", "repaired", "forecast"]


@dataclass(frozen=True)
class Origin:
    """How many of the steps of a sensor that a plan reads come from one source, and how it came by them."""

    sensor: str
    origin: How
    rule: str  # the source, the rule of the repair or the model of the forecast
    steps: int
    of: int

    @property
    def is_made_up(self) -> bool:
        """Whether no source gave the values."""
        return self.origin in ("repaired", "forecast")

    def __str__(self) -> str:
        return f"{self.sensor}: {self.steps} of {self.of} steps {self.origin} by {self.rule}"


def origins(known: Known, sensors: Collection[str], seen: Horizon) -> Iterator[Origin]:
    """The origins of the values of some sensors on the day; of a state, of those near the start of the day."""
    for name in sorted(sensors):
        sensor, read = known.portfolio.sensors[name], known.beliefs[name]
        begins = read["event_start"].to_numpy()
        first, last = (0, len(begins)) if sensor.is_state else _between(begins, seen)
        is_over_after = timedelta(0) if sensor.is_state else sensor.resolution
        n_over = begins.searchsorted(utc_instant(seen.planning_time - is_over_after), side="right") - first
        # lists: a site has a dozen sensors, and polars takes 0.3 ms to group each
        types, sources = (read[column][first:last].to_list() for column in ("source_type", "source"))
        counted = Counter(
            (_how(source_type, is_over=bool(step < n_over)), source)
            for step, (source_type, source) in enumerate(zip(types, sources, strict=True))
        )
        for (how, source), steps in counted.items():
            yield Origin(name, how, source, steps, last - first)


def _between(begins: Instants, seen: Horizon) -> tuple[int, int]:
    first, last = (int(begins.searchsorted(utc_instant(at))) for at in (seen.start, seen.day_end))
    return first, last


def _how(source_type: str, *, is_over: bool) -> How:
    match source_type:
        case "repair":
            return "repaired"
        case "forecaster":
            return "forecast"
        case _:
            return "measured" if is_over else "published"
