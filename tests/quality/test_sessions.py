"""Charging sessions on tiny logs; the real log stands with the other files in test_real_files."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.sessions import judge_sessions
from flex_pipeline.quality.verdict import Verdict

NOON = datetime(2026, 3, 23, 12, tzinfo=UTC)
DAYS = [date(2026, 3, 23), date(2026, 3, 24)]


def point(**fields: Any) -> Sensor:
    described = {
        "name": "point",
        "unit": "kWh",
        "resolution": "PT15M",
        "kind": "ev-session",
        "timezone": "UTC",
    }
    return Sensor.model_validate(described | {"source": {}, "capacity": 11.0} | fields)


def log(*sessions: tuple[str, float, float, float | None], plug: str = "A") -> pl.DataFrame:
    """Sessions of a plug: name, hours after noon, how long, and energy; of a car with 60 kWh."""
    return pl.DataFrame(
        [
            (name, plug, NOON + timedelta(hours=at), NOON + timedelta(hours=at + stay), energy, 60.0)
            for name, at, stay, energy in sessions
        ],
        schema=["session", "plug", "plugged_in", "plugged_out", "energy_kwh", "capacity_kwh"],
        orient="row",
    ).with_columns(sensor=pl.lit("point"))


def failed(frame: pl.DataFrame) -> dict[str, str]:
    return {v.expectation: v.observed for v in judge_sessions(frame, [point()], DAYS) if not v.passed}


def test_a_good_log_has_no_verdict() -> None:
    assert failed(log(("one", 0, 2, 20.0), ("two", 2, 1, 5.0))) == {}


@pytest.mark.parametrize(
    ("session", "rule"),
    [
        (("bad", 3.0, -1.0, 5.0), "order"),
        (("bad", 3.0, 1.0, 0.0), "energy"),
        (("bad", 3.0, 8.0, 61.0), "energy-in-battery"),
        (("bad", 3.0, 1.0, 12.0), "mean-power"),
        (("bad", 1.5, 1.0, 5.0), "overlap"),
    ],
)
def test_an_impossible_session_is_named(session: tuple[str, float, float, float], rule: str) -> None:
    found = failed(log(("one", 0, 2, 20.0), session))
    assert found.keys() == {rule}
    assert found[rule].startswith("1 of 2 sessions")
    assert "bad" in found[rule]


@pytest.mark.parametrize(("capacity_kwh", "rule"), [(9.0, "smallest-battery"), (151.0, "largest-battery")])
def test_a_battery_that_no_car_has_is_named(capacity_kwh: float, rule: str) -> None:
    frame = log(("one", 0, 2, 5.0)).with_columns(capacity_kwh=pl.lit(capacity_kwh))
    assert failed(frame).keys() == {rule}


def test_sessions_on_two_plugs_may_overlap() -> None:
    assert failed(pl.concat([log(("one", 0, 2, 20.0)), log(("two", 1, 2, 20.0), plug="B")])) == {}


def verdict_on_energy(sensor: Sensor) -> Verdict:
    found = judge_sessions(log(("one", 11, 3, 0.0)), [sensor], DAYS)
    (verdict,) = (v for v in found if not v.passed)
    return verdict


@pytest.mark.parametrize(("timezone", "day"), [("UTC", 23), ("Europe/Helsinki", 24)])
def test_a_session_counts_on_the_local_day_it_begins_on(timezone: str, day: int) -> None:
    verdict = verdict_on_energy(point(timezone=timezone))
    assert (verdict.sensor, verdict.day, verdict.severity) == ("point", date(2026, 3, day), "warning")
    assert verdict.rows[0]["value"] == 0.0


def test_a_sensor_states_how_bad_a_fault_is() -> None:
    assert verdict_on_energy(point(quality={"severity": {"energy": "error"}})).severity == "error"


def test_every_rule_says_something_of_every_day_and_point() -> None:
    found = list(judge_sessions(log(("one", 0, 2, 20.0)), [point(), point(name="other")], DAYS))

    assert len(found) == 2 * 2 * 7
    assert [v.observed for v in found if v.expectation == "energy"] == [
        "0 of 1 sessions without energy",
        "0 of 0 sessions without energy",
        "0 of 0 sessions without energy",
        "0 of 0 sessions without energy",
    ]
