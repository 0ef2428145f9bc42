"""Charging sessions on tiny logs; the real log stands with the other files in test_real_files."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from flex_pipeline.quality.sessions import judge_sessions

NOON = datetime(2026, 3, 23, 12)


def log(*sessions: tuple[str, float, float, float | None], plug: str = "A") -> pl.DataFrame:
    """Sessions of a plug: name, hours after noon, how long, and energy; of a car with 60 kWh."""
    return pl.DataFrame(
        [
            (name, plug, NOON + timedelta(hours=at), NOON + timedelta(hours=at + stay), energy, 60.0)
            for name, at, stay, energy in sessions
        ],
        schema=["session", "plug", "arrival", "departure", "energy_kwh", "capacity_kwh"],
        orient="row",
    )


def failed(frame: pl.DataFrame) -> dict[str, str]:
    return {v.expectation: v.observed for v in judge_sessions(frame, "point", power_kw=11.0)}


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


def test_a_session_counts_on_the_day_of_its_arrival() -> None:
    (verdict,) = judge_sessions(log(("one", 11, 3, 0.0)), "point", power_kw=11.0)
    assert (verdict.sensor, verdict.day, verdict.severity) == ("point", date(2026, 3, 23), "warning")
