"""Judging a day of readings as they are stored: a verdict for every sensor and rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.frame import day_frame
from flex_pipeline.quality.suites import SUITES, Rule
from flex_pipeline.quality.time_shift import DARK_WITHOUT_SUN, judge_clock
from flex_pipeline.quality.usual import Comparison
from flex_pipeline.quality.validation import faulty_rows
from flex_pipeline.quality.verdict import EVIDENCE_ROWS, Severity, Verdict

UNKNOWN = Comparison()


def judge(
    readings: pl.DataFrame,
    sensors: Sequence[Sensor],
    day: date,
    *,
    due_until: datetime,
    comparison: Comparison = UNKNOWN,
) -> tuple[Verdict, ...]:
    """Verdicts on the local day of each sensor, in the order of the sensors and the rules of their kind.

    `readings` as stored: sensor, event_start (UTC), value; duplicates, gaps and rows of other days or sensors
    are expected. A step is missing only if its value could be known by `due_until`. All sensors of a kind are
    validated at once; whether a clock is right is seen sensor by sensor.
    """
    of_sensor: dict[str, list[Verdict]] = {sensor.name: [] for sensor in sensors}
    for kind, rules in SUITES.items():
        alike = [sensor for sensor in sensors if sensor.kind == kind]
        if alike:
            frame = day_frame(readings, alike, day, due_until=due_until, comparison=comparison)
            for verdict in _verdicts(frame, alike, rules, day):
                of_sensor[verdict.sensor].append(verdict)
    sunny = {sensor.name: sensor for sensor in sensors if sensor.kind in DARK_WITHOUT_SUN}
    own = readings.filter(pl.col("sensor").is_in(list(sunny))).partition_by("sensor", as_dict=True)
    for name, sensor in sunny.items():
        of_sensor[name].append(judge_clock(own.get((name,), readings.clear()), sensor, day))
    return tuple(verdict for verdicts in of_sensor.values() for verdict in verdicts)


def _verdicts(
    frame: pl.DataFrame, sensors: Sequence[Sensor], rules: Sequence[Rule], day: date
) -> Iterator[Verdict]:
    steps = dict(frame.group_by("sensor").agg(pl.col("event_start").n_unique()).iter_rows())
    rows = faulty_rows(frame, rules)
    for rule in rules:
        faulty = {
            name: part
            for (name,), part in frame[rows[rule.name]].partition_by("sensor", as_dict=True).items()
        }
        for sensor in sensors:
            yield _verdict(rule, sensor, day, steps.get(sensor.name, 0), faulty.get(sensor.name))


def faulty_steps(
    readings: pl.DataFrame,
    sensors: Sequence[Sensor],
    day: date,
    *,
    due_until: datetime,
    comparison: Comparison = UNKNOWN,
) -> dict[str, list[datetime]]:
    """By sensor, the steps of its local day whose value a rule of severity repair finds faulty or missing."""
    faulty: dict[str, set[datetime]] = {}
    for kind, rules in SUITES.items():
        alike = {sensor.name: sensor for sensor in sensors if sensor.kind == kind}
        if not alike:
            continue
        frame = day_frame(readings, list(alike.values()), day, due_until=due_until, comparison=comparison)
        rows = faulty_rows(frame, rules)
        for rule in rules:
            for name, start in frame[rows[rule.name]].select("sensor", "event_start").iter_rows():
                if _severity(rule, alike[name]) == "repair":
                    faulty.setdefault(name, set()).add(start)
    return {name: sorted(starts) for name, starts in faulty.items()}


def _severity(rule: Rule, sensor: Sensor) -> Severity:
    return sensor.quality.severity.get(rule.name, rule.severity)


def _verdict(rule: Rule, sensor: Sensor, day: date, steps: int, faulty: pl.DataFrame | None) -> Verdict:
    severity = _severity(rule, sensor)
    if faulty is None:
        observed = f"not {rule.fault}" if rule.of_days else f"0 of {steps} steps {rule.fault}"
        return Verdict(sensor.name, day, rule.name, True, severity, observed, ())
    row = faulty.row(0, named=True)
    time = row["event_start"].astimezone(ZoneInfo(sensor.timezone)).isoformat(timespec="minutes")
    first = rule.first.format(**row, time=time, unit=sensor.unit)
    if rule.of_days:
        return Verdict(sensor.name, day, rule.name, False, severity, first, ())
    observed = f"{faulty['event_start'].n_unique()} of {steps} steps {rule.fault}, first {first}"
    evidence = tuple(faulty.select("event_start", "value").head(EVIDENCE_ROWS).to_dicts())
    return Verdict(sensor.name, day, rule.name, False, severity, observed, evidence)
