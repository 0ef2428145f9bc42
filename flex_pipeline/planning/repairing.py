"""Filling in what the checks of a day have found faulty, as beliefs of their own: the readings stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from flex_pipeline.planning.checking import by_what_counts, comparison, span_of
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.judge import faulty_steps
from flex_pipeline.quality.repair import LOOK_BACK, SCHEMA, Gap, Repaired, repair
from flex_pipeline.quality.verdict import Verdict
from flex_pipeline.warehouse.beliefs import read_forecast, read_held, read_stored, replace_repairs
from flex_pipeline.warehouse.verdicts import REPAIRED, add_verdicts, read_repairable

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Repairs:
    """What came of the repairs of a day."""

    verdicts: tuple[Verdict, ...]
    values: pl.DataFrame  # sensor, event_start, belief_time, source (the rule), value


def repair_day(engine: Engine, portfolio: Portfolio, day: date, now: datetime) -> Repairs:
    """Fill what the newest check of a day asks to be repaired, in place of the day's earlier repairs.

    Each sensor with such a fault gets a verdict: an error where a step is left, which then blocks what depends
    on the sensor. One transaction.
    """
    sensors = portfolio.sensors
    with engine.begin() as session:
        checked = {n: at for n, at in read_repairable(session, day).items() if n in sensors}
        _replace(session, sensors.values(), day, pl.DataFrame(schema=SCHEMA))
        faulty = _faulty(session, portfolio, checked, day)
        done = _repaired(session, portfolio, [sensors[name] for name in checked], day, faulty)
        values = pl.concat([pl.DataFrame(schema=SCHEMA), *(one.values for one in done.values())])
        _replace(session, [sensors[name] for name in checked], day, values)
        verdicts = tuple(_verdict(sensors[name], day, one) for name, one in done.items())
        add_verdicts(session, verdicts, now)
    return Repairs(verdicts, values)


def _replace(session: Session, sensors: Iterable[Sensor], day: date, values: pl.DataFrame) -> None:
    """Replace the repairs of the local day of each sensor: zone by zone, or those of its neighbours would go."""
    by_zone: dict[str, list[Sensor]] = {}
    for sensor in sensors:
        by_zone.setdefault(sensor.timezone, []).append(sensor)
    for alike in by_zone.values():
        names = [sensor.name for sensor in alike]
        replace_repairs(session, values.filter(pl.col("sensor").is_in(names)), names, *span_of(alike, day))


def _faulty(
    session: Session, portfolio: Portfolio, checked: Mapping[str, datetime], day: date
) -> dict[str, list[datetime]]:
    """The faulty steps of the sensors, as the check saw them."""
    if not checked:
        return {}
    sensors = [portfolio.sensors[name] for name in checked]
    start, end = span_of(sensors, day)
    stored = pl.concat(
        read_stored(session, alike, start - A_DAY, end, as_of)
        for as_of, alike in by_what_counts(sensors, day, portfolio).items()
    )
    compared = comparison(session, sensors, day, portfolio)
    return faulty_steps(stored, sensors, day, due_until=max(checked.values()), comparison=compared)


def _repaired(
    session: Session,
    portfolio: Portfolio,
    sensors: Sequence[Sensor],
    day: date,
    faulty: Mapping[str, Sequence[datetime]],
) -> dict[str, Repaired]:
    some = [sensor for sensor in sensors if faulty.get(sensor.name)]
    nothing = {s.name: Repaired(pl.DataFrame(schema=SCHEMA), ()) for s in sensors if not faulty.get(s.name)}
    if not some:
        return nothing
    first = min(starts[0] for starts in faulty.values())
    last = max(faulty[s.name][-1] + s.resolution for s in some)
    alike = by_what_counts(some, day, portfolio).items()
    before, after = first - LOOK_BACK - A_DAY, last + timedelta(hours=1)
    held = pl.concat(read_held(session, names, before, after, as_of) for as_of, names in alike)
    forecast = pl.concat(read_forecast(session, names, first, last, as_of) for as_of, names in alike)

    def own(frame: pl.DataFrame, sensor: Sensor) -> pl.DataFrame:
        return frame.filter(pl.col("sensor") == sensor.name)

    return nothing | {s.name: repair(s, faulty[s.name], own(held, s), own(forecast, s)) for s in some}


def _verdict(sensor: Sensor, day: date, done: Repaired) -> Verdict:
    rules = dict(done.values.group_by("source", maintain_order=True).len().iter_rows())
    made = [f"{n} by {rule}" for rule, n in rules.items()]
    total = done.values.height + sum(gap.steps for gap in done.left)
    observed = (
        f"{done.values.height} of {total} faulty steps filled in{': ' if made else ''}{', '.join(made)}"
    )
    if done.left:
        observed += f"; left {', '.join(_in_words(gap, sensor) for gap in done.left[:3])}"
    rows: tuple[dict[str, object], ...] = tuple(
        {"event_start": gap.start, "value": None} for gap in done.left
    )
    return Verdict(sensor.name, day, REPAIRED, not done.left, "error", observed, rows)


def _in_words(gap: Gap, sensor: Sensor) -> str:
    at = gap.start.astimezone(ZoneInfo(sensor.timezone)).isoformat(timespec="minutes")
    hours = gap.steps * sensor.resolution / timedelta(hours=1)
    return f"{hours:g} h from {at}, for which no rule of its policy has enough values"
