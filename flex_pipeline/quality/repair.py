"""Repair: what stands in for values that are missing or faulty, by the policy of their sensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from flex_pipeline.portfolio.sensor import Sensor

LOOK_BACK = timedelta(days=14)
FEWEST_SIMILAR = 2
# what follows the weather is alike on all days, what follows people on working days or on weekends
ALIKE_ON_ALL_DAYS = ("pv", "temperature", "irradiance", "efficiency")
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "sensor": pl.String,
    "event_start": pl.Datetime("us", "UTC"),
    "belief_time": pl.Datetime("us", "UTC"),
    "source": pl.String,
    "value": pl.Float64,
}


class Held(NamedTuple):
    """A value and since when it is believed."""

    value: float
    since: datetime


class Gap(NamedTuple):
    """Steps in a row without a value that can be used, and how many."""

    start: datetime
    steps: int


@dataclass(frozen=True)
class Repaired:
    """`values`: sensor, event_start, belief_time, source (the rule), value. `left`: what no rule may fill."""

    values: pl.DataFrame
    left: tuple[Gap, ...]


@dataclass(frozen=True)
class _Surroundings:
    """What can be used around the gaps of one sensor."""

    sensor: Sensor
    good: Mapping[datetime, Held]
    forecast: Mapping[datetime, Held]

    def filled(self, gap: Gap) -> tuple[str, list[Held]] | None:
        """The first rule that may fill the gap, and can."""
        length = gap.steps * self.sensor.resolution
        for name, rule in RULES.items():
            longest = getattr(self.sensor.repair, name)
            if longest is not None and length <= longest:
                values = rule(self, gap)
                if None not in values:
                    return name.replace("_", " "), [value for value in values if value is not None]
        return None


def repair(
    sensor: Sensor, faulty: Sequence[datetime], held: pl.DataFrame, forecast: pl.DataFrame
) -> Repaired:
    """Fill the faulty steps of a sensor, gap by gap.

    `held`: event_start (UTC), value, belief_time of LOOK_BACK before the first faulty step to the step after the
    last one; `forecast`: the same of what was forecast for the faulty steps. A repair is believed since the
    last of the values it is made of, and of the value in whose place it stands, could be known: so no plan of
    the past sees what it could not have seen.
    """
    known, bad = _by_step(held), set(faulty)
    good = {start: value for start, value in known.items() if start not in bad}
    around = _Surroundings(sensor, good, _by_step(forecast))
    rows: list[tuple[str, datetime, datetime, str, float]] = []
    left = []
    for gap in gaps(faulty, sensor.resolution):
        filled = around.filled(gap)
        if filled is None:
            left.append(gap)
            continue
        rule, values = filled
        for start, made in zip(_steps(gap, sensor), values, strict=True):
            own = known[start].since if start in known else _known_at(sensor, start)
            rows.append((sensor.name, start, max(own, made.since), rule, made.value))
    return Repaired(pl.DataFrame(rows, schema=SCHEMA, orient="row"), tuple(left))


def gaps(faulty: Sequence[datetime], resolution: timedelta) -> list[Gap]:
    """Sorted steps as stretches without a break."""
    found: list[Gap] = []
    for start in faulty:
        if found and start == found[-1].start + found[-1].steps * resolution:
            found[-1] = Gap(found[-1].start, found[-1].steps + 1)
        else:
            found.append(Gap(start, 1))
    return found


def _hold(around: _Surroundings, gap: Gap) -> list[Held | None]:
    return [around.good.get(gap.start - around.sensor.resolution)] * gap.steps


def _interpolate(around: _Surroundings, gap: Gap) -> list[Held | None]:
    step = around.sensor.resolution
    before, after = around.good.get(gap.start - step), around.good.get(gap.start + gap.steps * step)
    if before is None or after is None:
        return [None]
    slope = (after.value - before.value) / (gap.steps + 1)
    since = max(before.since, after.since)
    return [Held(before.value + slope * (i + 1), since) for i in range(gap.steps)]


def _similar_days(around: _Surroundings, gap: Gap) -> list[Held | None]:
    return [_on_similar_days(around, start) for start in _steps(gap, around.sensor)]


def _on_similar_days(around: _Surroundings, start: datetime) -> Held | None:
    zone = ZoneInfo(around.sensor.timezone)
    local = start.astimezone(zone)
    days = (local - timedelta(days=back) for back in range(1, LOOK_BACK.days + 1))
    similar = [
        around.good[at]
        for day in days
        if around.sensor.kind in ALIKE_ON_ALL_DAYS or (day.weekday() < 5) == (local.weekday() < 5)
        if (at := day.astimezone(ZoneInfo("UTC"))) in around.good
    ]
    if len(similar) < FEWEST_SIMILAR:
        return None
    return Held(median(day.value for day in similar), max(day.since for day in similar))


def _forecast(around: _Surroundings, gap: Gap) -> list[Held | None]:
    return [around.forecast.get(start) for start in _steps(gap, around.sensor)]


# in the order in which they are tried; each by its name in the portfolio
RULES: Mapping[str, Callable[[_Surroundings, Gap], list[Held | None]]] = {
    "hold": _hold,
    "interpolate": _interpolate,
    "similar_days": _similar_days,
    "forecast": _forecast,
}


def _steps(gap: Gap, sensor: Sensor) -> Iterator[datetime]:
    return (gap.start + i * sensor.resolution for i in range(gap.steps))


def _by_step(held: pl.DataFrame) -> dict[datetime, Held]:
    rows = held.select("event_start", "value", "belief_time").iter_rows()
    return {start: Held(value, since) for start, value, since in rows}


def _known_at(sensor: Sensor, start: datetime) -> datetime:
    return sensor.known.at(start, sensor.resolution, ZoneInfo(sensor.timezone))
