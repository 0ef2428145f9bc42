"""Judging a day of readings as they are stored: a verdict for every sensor and rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.frame import day_frame
from flex_pipeline.quality.meter_totals import with_energy
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
    return tuple(judge_days(readings, sensors, {day: comparison}, due_until=due_until))


def judge_days(
    readings: pl.DataFrame,
    sensors: Sequence[Sensor],
    days: Mapping[date, Comparison],
    *,
    due_until: datetime,
) -> Iterator[Verdict]:
    """Verdicts on many days, each with what it is compared with: as `judge` has them, one day after the other.

    All days of all sensors of a kind are validated at once.
    """
    said: dict[tuple[date, str], list[Verdict]] = {(day, s.name): [] for day in days for s in sensors}
    for found in _judged(readings, sensors, days, due_until):
        said[found.day, found.sensor.name].append(found.verdict)
    sunny = {sensor.name: sensor for sensor in sensors if sensor.kind in DARK_WITHOUT_SUN}
    own = readings.filter(pl.col("sensor").is_in(list(sunny))).partition_by("sensor", as_dict=True)
    for name, sensor in sunny.items():
        for day in days:
            said[day, name].append(judge_clock(own.get((name,), readings.clear()), sensor, day))
    return (verdict for verdicts in said.values() for verdict in verdicts)


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
    for found in _judged(readings, sensors, {day: comparison}, due_until):
        if found.faulty is not None and found.severity == "repair":
            faulty.setdefault(found.sensor.name, set()).update(found.faulty["event_start"])
    return {name: sorted(starts) for name, starts in faulty.items()}


@dataclass(frozen=True)
class _Judged:
    """One rule on one day of one sensor: how many steps there are, and the rows in which it fails, if any."""

    sensor: Sensor
    day: date
    rule: Rule
    steps: int
    faulty: pl.DataFrame | None

    @property
    def severity(self) -> Severity:
        return self.sensor.quality.severity.get(self.rule.name, self.rule.severity)

    @property
    def verdict(self) -> Verdict:
        rows: tuple[dict[str, object], ...] = ()
        if self.faulty is None:
            observed = f"not {self.rule.fault}" if self.rule.of_days else f"0 of {self.steps} {self._fault}"
        else:
            observed = self._observed(self.faulty)
            if not self.rule.of_days:
                rows = tuple(self.faulty.select("event_start", "value").head(EVIDENCE_ROWS).to_dicts())
        passed = self.faulty is None
        return Verdict(self.sensor.name, self.day, self.rule.name, passed, self.severity, observed, rows)

    @property
    def _fault(self) -> str:
        return f"steps {self.rule.fault}"

    def _observed(self, faulty: pl.DataFrame) -> str:
        row = faulty.row(0, named=True)
        time = row["event_start"].astimezone(ZoneInfo(self.sensor.timezone)).isoformat(timespec="minutes")
        first = self.rule.first.format(**row, time=time, unit=self.sensor.unit)
        if self.rule.of_days:
            return first
        return f"{faulty['event_start'].n_unique()} of {self.steps} {self._fault}, first {first}"


def _judged(
    readings: pl.DataFrame, sensors: Sequence[Sensor], days: Mapping[date, Comparison], due_until: datetime
) -> Iterator[_Judged]:
    for kind, rules in SUITES.items():
        alike = [sensor for sensor in sensors if sensor.kind == kind]
        if not alike:
            continue
        frames = [
            day_frame(readings, alike, day, due_until=due_until, comparison=compared).with_columns(
                day=pl.lit(day)
            )
            for day, compared in days.items()
        ]
        frame = pl.concat(frames)
        if kind == "meter-total":
            frame = with_energy(frame, readings, sensors)
        frame = frame.with_row_index("row")
        steps = frame.group_by("day", "sensor").agg(pl.col("event_start").n_unique())
        n_steps = {(day, name): n for day, name, n in steps.iter_rows()}
        faulty = faulty_rows(frame, rules)
        for rule in rules:
            parts = frame[faulty[rule.name]].partition_by("day", "sensor", as_dict=True)
            for day in days:
                for sensor in alike:
                    key = day, sensor.name
                    yield _Judged(sensor, day, rule, n_steps.get(key, 0), parts.get(key))
