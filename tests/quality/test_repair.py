"""What stands in for faulty values: a load in Amsterdam in hourly steps, on Monday 23 March 2026."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.repair import Gap, Repaired, gaps, repair

HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 3, 22, 23, tzinfo=UTC)


def load(policy: Mapping[str, str], kind: str = "load") -> Sensor:
    place: dict[str, Any] = {"timezone": "Europe/Amsterdam", "latitude": 52.4, "longitude": 4.9}
    return Sensor(
        name="load", unit="kW", resolution="PT1H", kind=kind, source={}, repair=dict(policy), **place
    )


def held(values: Mapping[int, float], late: timedelta = HOUR) -> pl.DataFrame:
    """Values by hour after midnight, each known `late` after its start."""
    starts = [MIDNIGHT + hour * HOUR for hour in values]
    return pl.DataFrame(
        {"event_start": starts, "value": list(values.values()), "belief_time": [at + late for at in starts]},
        schema={
            "event_start": pl.Datetime("us", "UTC"),
            "value": pl.Float64,
            "belief_time": pl.Datetime("us", "UTC"),
        },
    )


def repaired(
    policy: Mapping[str, str],
    faulty: list[int],
    values: Mapping[int, float],
    forecast: Mapping[int, float] | None = None,
    kind: str = "load",
) -> Repaired:
    starts = [MIDNIGHT + hour * HOUR for hour in faulty]
    return repair(load(policy, kind), starts, held(values), held(forecast or {}, late=-HOUR))


def made(done: Repaired) -> list[tuple[str, float]]:
    return list(done.values.select("source", "value").iter_rows())


def test_steps_in_a_row_are_one_gap() -> None:
    assert gaps([MIDNIGHT, MIDNIGHT + HOUR, MIDNIGHT + 3 * HOUR], HOUR) == [
        Gap(MIDNIGHT, 2),
        Gap(MIDNIGHT + 3 * HOUR, 1),
    ]


def test_the_last_value_is_held() -> None:
    assert made(repaired({"hold": "PT2H"}, [1, 2], {0: 5.0, 3: 9.0})) == [("hold", 5.0), ("hold", 5.0)]


def test_a_line_leads_from_the_value_before_to_the_value_after() -> None:
    assert made(repaired({"interpolate": "PT2H"}, [1, 2], {0: 5.0, 3: 8.0})) == [
        ("interpolate", 6.0),
        ("interpolate", 7.0),
    ]


def test_a_faulty_value_is_not_used_for_the_line() -> None:
    # the value at 1 is there, but was found faulty
    assert made(repaired({"interpolate": "PT2H"}, [1], {0: 5.0, 1: -900.0, 2: 7.0})) == [("interpolate", 6.0)]


def test_the_usual_of_working_days_stands_in_on_a_working_day() -> None:
    # Friday, Thursday, Wednesday of the week before had 1, 2 and 6 at that hour; Sunday and Saturday 100
    days_before = {
        10 - 24 * back: value for back, value in ((1, 100.0), (2, 100.0), (3, 1.0), (4, 2.0), (5, 6.0))
    }
    assert made(repaired({"similar-days": "P1D"}, [10], days_before)) == [("similar days", 2.0)]


def test_the_sun_does_not_know_weekends() -> None:
    days_before = {10 - 24 * back: value for back, value in ((1, 4.0), (2, 8.0), (3, 9.0))}
    assert made(repaired({"similar-days": "P1D"}, [10], days_before, kind="pv")) == [("similar days", 8.0)]


def test_similar_days_are_alike_on_the_local_clock() -> None:
    # the clock went forward on 29 March: 10:00 on the 30th is 8 h UTC, on the days before it was 9 h UTC
    start = datetime(2026, 3, 30, 8, tzinfo=UTC)
    before = [datetime(2026, 3, day, 9, tzinfo=UTC) for day in (26, 27)]
    frame = pl.DataFrame(
        {"event_start": before, "value": [3.0, 3.0], "belief_time": before},
        schema=held({}).schema,
    )
    done = repair(load({"similar-days": "P1D"}), [start], frame, held({}))
    assert made(done) == [("similar days", 3.0)]


def test_one_day_alone_is_not_usual() -> None:
    assert repaired({"similar-days": "P1D"}, [10], {10 - 72: 1.0}).left == (Gap(MIDNIGHT + 10 * HOUR, 1),)


def test_what_was_forecast_stands_in() -> None:
    assert made(repaired({"forecast": "P1D"}, [1, 2], {0: 5.0}, {1: 4.0, 2: 3.0})) == [
        ("forecast", 4.0),
        ("forecast", 3.0),
    ]


def test_a_gap_too_long_for_one_rule_goes_to_the_next_and_else_is_left() -> None:
    policy = {"interpolate": "PT1H", "forecast": "PT2H"}
    values = {0: 5.0, 2: 7.0, 5: 1.0, 9: 1.0}
    done = repaired(policy, [1, 3, 4, 6, 7, 8], values, {3: 2.0, 4: 2.0, 6: 2.0, 7: 2.0, 8: 2.0})
    assert made(done) == [("interpolate", 6.0), ("forecast", 2.0), ("forecast", 2.0)]
    assert done.left == (Gap(MIDNIGHT + 6 * HOUR, 3),)


def test_a_line_that_lacks_an_end_goes_to_the_next_rule() -> None:
    done = repaired({"interpolate": "PT2H", "forecast": "PT2H"}, [1, 2], {0: 5.0}, {1: 1.0, 2: 1.0})
    assert made(done) == [("forecast", 1.0), ("forecast", 1.0)]


def test_without_a_policy_nothing_is_made_up() -> None:
    done = repaired({}, [1], {0: 5.0, 2: 7.0}, {1: 6.0})
    assert done.values.is_empty()
    assert done.left == (Gap(MIDNIGHT + HOUR, 1),)


@pytest.mark.parametrize(("policy", "known_at_hour"), [("hold", 2), ("interpolate", 3)])
def test_a_repair_is_believed_once_what_it_is_made_of_is_known(policy: str, known_at_hour: int) -> None:
    # the hour from 1 to 2 could be known at 2; the value after it, from 2 to 3, at 3
    done = repaired({policy: "PT1H"}, [1], {0: 5.0, 2: 7.0})
    assert done.values["belief_time"].to_list() == [MIDNIGHT + known_at_hour * HOUR]


def test_a_repair_is_not_believed_before_the_value_whose_place_it_takes() -> None:
    values = held({0: 5.0}).vstack(held({1: -900.0}, late=9 * HOUR))
    done = repair(load({"hold": "PT1H"}), [MIDNIGHT + HOUR], values, held({}))
    assert done.values["belief_time"].to_list() == [MIDNIGHT + 10 * HOUR]
