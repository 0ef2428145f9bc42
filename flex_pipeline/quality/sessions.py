"""Charging sessions of electric vehicles, as charge points log them: one row each, judged by arrival day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from flex_pipeline.portfolio.expected import Severity
from flex_pipeline.quality.suites import PAIR, Rule, at_least
from flex_pipeline.quality.validation import faulty_rows
from flex_pipeline.quality.verdict import EVIDENCE_ROWS, Verdict

CAPACITY_KWH = (10.0, 150.0)  # of the battery of a car
MEASURED_ABOVE = 1.02  # meters of a charge point are a per cent or two off


def _rule(
    name: str, larger: str, smaller: str, fault: str, first: str, severity: Severity = "warning"
) -> Rule:
    return Rule(name, PAIR, at_least(larger, smaller), severity, fault, first)


SUITE = (
    _rule("order", "departure", "arrival", "end before they begin", "{session} at {arrival}", "error"),
    _rule("energy", "energy_kwh", "nothing", "without energy", "{session}: {energy_kwh:g} kWh"),
    _rule(
        "energy-in-battery",
        "capacity_kwh",
        "energy_kwh",
        "with more energy than the battery holds",
        "{session}: {energy_kwh:g} kWh into {capacity_kwh:g} kWh",
    ),
    _rule(
        "smallest-battery",
        "capacity_kwh",
        "least_kwh",
        "with an implausible battery",
        "{session}: {capacity_kwh:g} kWh",
    ),
    _rule(
        "largest-battery",
        "most_kwh",
        "capacity_kwh",
        "with an implausible battery",
        "{session}: {capacity_kwh:g} kWh",
    ),
    _rule(
        "mean-power",
        "power_kw",
        "mean_power_kw",
        "that charged faster than the point can",
        "{session}: {mean_power_kw:.4g} of {power_kw:g} kW",
        "error",
    ),
    _rule(
        "overlap",
        "arrival",
        "previous_departure",
        "that begin before the last one on the plug ended",
        "{session} at {arrival}",
    ),
)


def judge_sessions(sessions: pl.DataFrame, charger: str, power_kw: float) -> Iterator[Verdict]:
    """Verdicts on the sessions of one charge point, by the day of arrival; for each rule only days it fails on.

    `sessions`: session (its name), plug, arrival, departure (one clock), energy_kwh, capacity_kwh (null where
    unknown). `power_kw`: what the point can give. A step of the day is here a session.
    """
    frame = _frame(sessions, power_kw)
    if frame.is_empty():
        return
    faulty = faulty_rows(frame, SUITE)
    n_of_day = dict(frame.group_by("day").len().iter_rows())
    for rule in SUITE:
        parts = frame[faulty[rule.name]].partition_by("day", as_dict=True, maintain_order=True)
        for (day,), part in parts.items():
            yield _verdict(rule, charger, day, n_of_day[day], part)


def _frame(sessions: pl.DataFrame, power_kw: float) -> pl.DataFrame:
    hours = (pl.col("departure") - pl.col("arrival")).dt.total_seconds() / 3600
    return (
        sessions.sort("plug", "arrival")
        .with_columns(
            day=pl.col("arrival").dt.date(),
            nothing=pl.when(pl.col("energy_kwh") <= 0).then(1.0),
            least_kwh=CAPACITY_KWH[0],
            most_kwh=CAPACITY_KWH[1],
            power_kw=power_kw * MEASURED_ABOVE,
            mean_power_kw=pl.when(hours > 0).then(pl.col("energy_kwh") / hours),
            previous_departure=pl.col("departure").shift(1).over("plug"),
        )
        .with_row_index("row")
    )


def _verdict(rule: Rule, charger: str, day: date, n: int, faulty: pl.DataFrame) -> Verdict:
    first = rule.first.format(**faulty.row(0, named=True))
    observed = f"{faulty.height} of {n} sessions {rule.fault}, first {first}"
    columns = ("session", "plug", "arrival", "departure", "energy_kwh", "capacity_kwh")
    evidence = tuple(faulty.select(columns).head(EVIDENCE_ROWS).to_dicts())
    return Verdict(charger, day, rule.name, False, rule.severity, observed, evidence)
