"""Charging sessions of electric vehicles, as charge points log them: judged by the local day they begin on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date

import polars as pl

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.suites import SUITES, Rule
from flex_pipeline.quality.validation import faulty_rows
from flex_pipeline.quality.verdict import EVIDENCE_ROWS, Verdict

CAPACITY_KWH = (10.0, 150.0)  # of the battery of a car
MEASURED_ABOVE = 1.02  # meters of a charge point are a per cent or two off


def judge_sessions(
    sessions: pl.DataFrame, sensors: Sequence[Sensor], days: Collection[date]
) -> Iterator[Verdict]:
    """A verdict for every day, sensor of kind ev-session and rule.

    `sessions`: sensor, session, plug, plugged_in, plugged_out (UTC), energy_kwh, capacity_kwh, null where unknown;
    those before the days tell until when a plug was taken. The capacity of a sensor is what its point can give. All
    days of all sensors are validated at once.
    """
    rules = SUITES["ev-session"]
    frame = _frame(sessions, sensors, days)
    faulty = faulty_rows(frame, rules) if frame.height else {}
    n_sessions = {(day, name): n for day, name, n in frame.group_by("day", "sensor").len().iter_rows()}
    parts = {
        rule.name: frame[faulty.get(rule.name, [])].partition_by(
            "day", "sensor", as_dict=True, maintain_order=True
        )
        for rule in rules
    }
    for day in days:
        for sensor in sensors:
            key = day, sensor.name
            for rule in rules:
                yield _verdict(rule, sensor, day, n_sessions.get(key, 0), parts[rule.name].get(key))


def _frame(sessions: pl.DataFrame, sensors: Sequence[Sensor], days: Collection[date]) -> pl.DataFrame:
    hours = (pl.col("plugged_out") - pl.col("plugged_in")).dt.total_seconds() / 3600
    return (
        pl.concat([_local(sessions, sensor) for sensor in sensors])
        .sort("sensor", "plug", "plugged_in")
        .with_columns(
            nothing=pl.when(pl.col("energy_kwh") <= 0).then(1.0),
            least_kwh=CAPACITY_KWH[0],
            most_kwh=CAPACITY_KWH[1],
            mean_power_kw=pl.when(hours > 0).then(pl.col("energy_kwh") / hours),
            previous_out=pl.col("plugged_out").shift(1).over("sensor", "plug"),
            day=pl.col("plugged_in").dt.date(),
        )
        .filter(pl.col("day").is_in(list(days)))
        .with_row_index("row")
    )


def _local(sessions: pl.DataFrame, sensor: Sensor) -> pl.DataFrame:
    """The sessions of a sensor on its clock, with what its point can give."""
    clock = (
        pl.col("plugged_in", "plugged_out").dt.convert_time_zone(sensor.timezone).dt.replace_time_zone(None)
    )
    own = sessions.filter(pl.col("sensor") == sensor.name)
    most_kw = None if sensor.capacity_kw is None else sensor.capacity_kw * MEASURED_ABOVE
    return own.with_columns(clock, power_kw=pl.lit(most_kw, pl.Float64))


def _verdict(rule: Rule, sensor: Sensor, day: date, n: int, faulty: pl.DataFrame | None) -> Verdict:
    severity = sensor.quality.severity.get(rule.name, rule.severity)
    if faulty is None:
        return Verdict(sensor.name, day, rule.name, True, severity, f"0 of {n} sessions {rule.fault}", ())
    first = rule.first.format(**faulty.row(0, named=True))
    observed = f"{faulty.height} of {n} sessions {rule.fault}, first {first}"
    evidence = faulty.select("session", "plug", "plugged_out", event_start="plugged_in", value="energy_kwh")
    return Verdict(
        sensor.name, day, rule.name, False, severity, observed, tuple(evidence.head(EVIDENCE_ROWS).to_dicts())
    )
