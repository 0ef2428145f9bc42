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
from flex_pipeline.quality.validation import faulty_rows
from flex_pipeline.quality.verdict import EVIDENCE_ROWS, Verdict


def judge(
    readings: pl.DataFrame, sensors: Sequence[Sensor], day: date, *, due_until: datetime
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
            frame = day_frame(readings, alike, day, due_until=due_until)
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


def _verdict(rule: Rule, sensor: Sensor, day: date, steps: int, faulty: pl.DataFrame | None) -> Verdict:
    if faulty is None:
        observed = f"0 of {steps} steps {rule.fault}"
        return Verdict(sensor.name, day, rule.name, True, rule.severity, observed, ())
    row = faulty.row(0, named=True)
    time = row["event_start"].astimezone(ZoneInfo(sensor.timezone)).isoformat(timespec="minutes")
    first = rule.first.format(**row, time=time, unit=sensor.unit)
    observed = f"{faulty['event_start'].n_unique()} of {steps} steps {rule.fault}, first {first}"
    evidence = tuple(faulty.select("event_start", "value").head(EVIDENCE_ROWS).to_dicts())
    return Verdict(sensor.name, day, rule.name, False, rule.severity, observed, evidence)
