"""What an origin knew of other sensors: by the clock of each past origin, in any resolution, and nothing later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flex_pipeline.forecasting.known import known_before
from flex_pipeline.forecasting.wall_clock import WallClock
from flex_pipeline.planning.regressors import as_seen
from flex_pipeline.portfolio.sensor import Sensor

HOUR = timedelta(hours=1)
ORIGIN = datetime(2026, 3, 5, 12, 15, tzinfo=UTC)  # 13:15 in Amsterdam
SINCE, END = ORIGIN.replace(hour=0, minute=0) - timedelta(days=6), ORIGIN + timedelta(days=2)

BELIEF = {
    "sensor": pl.String,
    "event_start": pl.Datetime("us", "UTC"),
    "belief_time": pl.Datetime("us", "UTC"),
    "value": pl.Float64,
}


def sensor(name: str = "load", **fields: Any) -> Sensor:
    usual = {"unit": "kW", "resolution": "PT1H", "kind": "load", "timezone": "Europe/Amsterdam", "source": {}}
    return Sensor.model_validate(usual | {"name": name} | fields)


def believed(*rows: tuple[datetime, datetime, float], name: str = "other") -> pl.DataFrame:
    return pl.DataFrame([(name, *row) for row in rows], schema=BELIEF, orient="row")


def seen(of: Sensor, other: Sensor, beliefs: pl.DataFrame) -> pl.DataFrame:
    found = as_seen(of, {other.name: other}, beliefs, origin=ORIGIN, since=SINCE, end=END)
    assert found is not None
    return found


def at(found: pl.DataFrame, step: datetime, column: str) -> list[float | None]:
    """By lead."""
    return found.filter(pl.col("event_start") == step).sort("lead_days")[column].to_list()


def test_steps_begin_where_those_of_the_sensor_do_whenever_it_is_asked() -> None:
    of = sensor(regressors={"future": ["other"]})
    found = as_seen(of, {"other": of}, believed(), origin=ORIGIN, since=ORIGIN - timedelta(days=3), end=END)
    assert found is not None
    assert set(found["event_start"].dt.minute()) == {0}


def test_a_longer_lead_sees_what_was_published_earlier() -> None:
    noon = ORIGIN.replace(hour=11, minute=0) - timedelta(days=2)  # of the 3rd, in Amsterdam
    beliefs = believed(
        (noon, noon - timedelta(days=2), 1.0),
        (noon, noon - timedelta(days=1), 2.0),
        (noon, noon - timedelta(hours=1), 3.0),
        (noon, noon + timedelta(hours=1, minutes=30), 4.0),  # after 13:15: none of them
    )

    found = seen(sensor(regressors={"future": ["other"]}), sensor("other"), beliefs)

    assert at(found, noon, "future: other")[:4] == [3.0, 2.0, 1.0, None]


def test_the_steps_ahead_are_seen_as_of_the_origin_at_their_own_lead() -> None:
    tomorrow, after = ORIGIN.replace(minute=0) + timedelta(days=1), ORIGIN.replace(minute=0) + 2 * 22 * HOUR
    beliefs = believed((tomorrow, ORIGIN - HOUR, 5.0), (tomorrow, ORIGIN + HOUR, 6.0), (after, ORIGIN, 7.0))

    found = seen(sensor(regressors={"future": ["other"]}), sensor("other"), beliefs)

    assert at(found, tomorrow, "future: other")[:2] == [5.0, 5.0]  # what comes later is not there at all
    assert at(found, after, "future: other")[2] == 7.0


def test_a_past_regressor_gives_its_latest_known_value_of_the_same_time_of_day() -> None:
    step = ORIGIN.replace(hour=9, minute=0)  # of the 5th
    beliefs = believed(
        *((step - timedelta(days=k), step - timedelta(days=k) + HOUR, 10.0 + k) for k in range(4))
    )

    found = seen(sensor(regressors={"past": ["other"]}), sensor("other"), beliefs)

    assert at(found, step, "past: other")[:3] == [11.0, 11.0, 12.0]


@pytest.mark.parametrize(
    ("resolution", "of_other", "expected"), [("PT1H", "PT15M", 2.5), ("PT15M", "PT1H", 1.0)]
)
def test_a_regressor_may_have_longer_or_shorter_steps(
    resolution: str, of_other: str, expected: float
) -> None:
    step, quarter = ORIGIN.replace(minute=0), timedelta(minutes=15)
    beliefs = believed(*((step + i * quarter, SINCE, 1.0 + i) for i in range(1 if of_other == "PT1H" else 4)))
    of = sensor(resolution=resolution, regressors={"future": ["other"]})

    found = seen(of, sensor("other", resolution=of_other), beliefs)

    assert (
        at(found, step + (3 * quarter if resolution == "PT15M" else 0 * quarter), "future: other")[0]
        == expected
    )


@settings(max_examples=50, deadline=None)
@given(
    role=st.sampled_from(["past", "future"]),
    delay=st.integers(0, 30),
    rows=st.lists(
        st.tuples(st.integers(0, 7 * 24), st.integers(-72, 72), st.floats(-9, 9)), min_size=1, max_size=30
    ),
)
def test_no_origin_sees_what_was_believed_after_it(
    role: str, delay: int, rows: list[tuple[int, int, float]]
) -> None:
    """Whatever an origin may read of a step, at its lead, is there without any later belief, too."""
    of = sensor(regressors={role: ["other"]}, known={"delay": f"PT{delay}H"})
    beliefs = believed(
        *(
            (SINCE + step * HOUR, SINCE + (step + after) * HOUR, value)
            for step, after, value in sorted(rows, key=lambda row: row[0] + row[1])
        )
    )
    found = seen(of, sensor("other"), beliefs)
    clock = WallClock(of.timezone, of.resolution)
    for days in range(4):
        origin = ORIGIN - timedelta(days=days)
        known = seen(of, sensor("other"), beliefs.filter(pl.col("belief_time") <= origin))
        bound_day = clock.bound(known_before(of, origin)) // clock.per_day
        day = (
            pl.Series(clock.steps(found["event_start"].dt.replace_time_zone(None).to_numpy()))
            // clock.per_day
        )
        read = day - bound_day == found["lead_days"]
        assert found.filter(read).equals(known.filter(read))
