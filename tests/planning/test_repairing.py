"""Faulty readings on their way into a plan: homes with hourly steps; the loads of a day are known the day before."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from flex_pipeline.planning.checking import check
from flex_pipeline.planning.planner import Outcome
from flex_pipeline.planning.repairing import Repairs, repair_day
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.as_of import read_as_of
from tests.planning.homes import DAY, HOUR, MIDNIGHT, NOW, homes, know, planner, rows

BELIEVED = """
    select c.event_start, c.value, c.source_type, c.source from flex.current_belief as c
    where c.sensor = 'a.load' and c.event_start = '{}'
"""


@pytest.fixture
def portfolio(tmp_path: Path, warehouse: Engine) -> Portfolio:
    return homes(tmp_path, warehouse, ["a", "b"])


def lose(warehouse: Engine, sensor: str, *hours: int) -> None:
    """As if the source had never given these hours of the day."""
    with warehouse.begin() as session:
        session.execute(
            text("""
                delete from flex.belief as b using flex.sensor as n
                where b.sensor_id = n.sensor_id and n.name = :sensor and b.event_start = any(:starts)
            """),
            {"sensor": sensor, "starts": [MIDNIGHT + hour * HOUR for hour in hours]},
        )


def correct(warehouse: Engine, sensor: str, hour: int, value: float) -> None:
    lose(warehouse, sensor, hour)
    know(warehouse, sensor, [value], MIDNIGHT + hour * HOUR)


def judged(warehouse: Engine, portfolio: Portfolio) -> None:
    check(warehouse, list(portfolio.sensors.values()), DAY, NOW, portfolio)


def repaired(warehouse: Engine, portfolio: Portfolio) -> Repairs:
    judged(warehouse, portfolio)
    return repair_day(warehouse, portfolio, DAY, NOW)


def planned(warehouse: Engine, portfolio: Portfolio) -> dict[str, Outcome]:
    return {o.site_id: o for o in planner(warehouse, portfolio).plan_all(["a", "b"], DAY, NOW)}


def reasons(warehouse: Engine) -> dict[str, str]:
    return {
        str(site): str(why or "")
        for site, why in rows(warehouse, "select site_id, reason from flex.current_plan")
    }


def test_a_missing_step_is_filled_in_and_the_plan_says_so(warehouse: Engine, portfolio: Portfolio) -> None:
    correct(warehouse, "a.load", 4, 0.9)
    lose(warehouse, "a.load", 3)

    done = repaired(warehouse, portfolio)

    (verdict,) = done.verdicts
    assert (verdict.sensor, verdict.passed) == ("a.load", True)
    assert verdict.observed == "1 of 1 faulty steps filled in: 1 by interpolate"
    start = MIDNIGHT + 3 * HOUR
    # halfway from 0.5 to 0.9
    assert rows(warehouse, BELIEVED.format(start)) == [(start, pytest.approx(0.7), "repair", "interpolate")]
    assert {outcome.how for outcome in planned(warehouse, portfolio).values()} == {"solved"}
    assert "a.load: 1 of 24 steps repaired by interpolate" in reasons(warehouse)["a"]
    assert "repaired" not in reasons(warehouse)["b"]


def test_a_faulty_value_is_set_aside_and_kept(warehouse: Engine, portfolio: Portfolio) -> None:
    correct(warehouse, "a.load", 3, -5.0)

    repaired(warehouse, portfolio)

    start = MIDNIGHT + 3 * HOUR
    assert rows(warehouse, BELIEVED.format(start)) == [(start, pytest.approx(0.5), "repair", "interpolate")]
    raw = f"""
        select b.value from flex.belief as b join flex.sensor as n using (sensor_id)
        join flex.source as o using (source_id)
        where n.name = 'a.load' and b.event_start = '{start}' and o.type = 'reading'
    """
    assert rows(warehouse, raw) == [(-5.0,)]


def test_what_is_to_be_repaired_blocks_until_it_is(warehouse: Engine, portfolio: Portfolio) -> None:
    correct(warehouse, "a.load", 3, -5.0)
    judged(warehouse, portfolio)
    before = planned(warehouse, portfolio)

    repair_day(warehouse, portfolio, DAY, NOW)
    after = planned(warehouse, portfolio)

    assert (before["a"].how, before["b"].how) == ("blocked", "solved")
    assert "-5 < 0 kW" in str(before["a"].reason)
    assert (after["a"].how, after["b"].how) == ("solved", "confirmed")


def test_what_no_rule_may_fill_blocks_the_devices_of_the_sensor_alone(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    lose(warehouse, "a.load", *range(4, 9))  # 5 h are too many for a line, and there are no similar days

    (verdict,) = repaired(warehouse, portfolio).verdicts
    outcomes = planned(warehouse, portfolio)

    assert (verdict.passed, verdict.severity) == (False, "error")
    assert (outcomes["a"].how, outcomes["b"].how) == ("blocked", "solved")
    assert "0 of 5 faulty steps filled in; left 5 h from 2025-06-10T04:00+02:00" in str(outcomes["a"].reason)


def test_a_market_is_not_made_up(warehouse: Engine, portfolio: Portfolio) -> None:
    lose(warehouse, "price", 3)

    assert repaired(warehouse, portfolio).verdicts == ()
    assert {outcome.how for outcome in planned(warehouse, portfolio).values()} == {"blocked"}


def test_the_usual_of_the_weeks_before_fills_half_a_day(warehouse: Engine, portfolio: Portfolio) -> None:
    for back in range(1, 15):
        know(warehouse, "a.load", [1.0 + hour for hour in range(24)], MIDNIGHT - back * 24 * HOUR)
    lose(warehouse, "a.load", *range(6, 18))

    (verdict,) = repaired(warehouse, portfolio).verdicts

    assert verdict.observed == "12 of 12 faulty steps filled in: 12 by similar days"
    with warehouse.connect() as session:
        held = read_as_of(session, ["a.load"], MIDNIGHT, MIDNIGHT + 24 * HOUR, NOW)
    assert held["value"].to_list()[6:18] == [1.0 + hour for hour in range(6, 18)]


def test_a_plan_of_the_past_does_not_see_what_was_made_of_later_values(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    lose(warehouse, "a.load", 3)
    repaired(warehouse, portfolio)
    published = MIDNIGHT - timedelta(hours=18)  # 06:00 on the day before

    def held(as_of: timedelta) -> int:
        with warehouse.connect() as session:
            return read_as_of(
                session, ["a.load"], MIDNIGHT + 3 * HOUR, MIDNIGHT + 4 * HOUR, published + as_of
            ).height

    assert held(-timedelta(seconds=1)) == 0
    assert held(timedelta(0)) == 1


def test_a_repair_goes_once_the_reading_is_there(warehouse: Engine, portfolio: Portfolio) -> None:
    lose(warehouse, "a.load", 3)
    repaired(warehouse, portfolio)
    know(warehouse, "a.load", [0.8], MIDNIGHT + 3 * HOUR)

    assert repaired(warehouse, portfolio).verdicts == ()

    start = MIDNIGHT + 3 * HOUR
    assert rows(warehouse, BELIEVED.format(start)) == [(start, 0.8, "reading", "meter")]
    assert rows(warehouse, "select count(*) from flex.data_quality where expectation = 'repaired'") == [(0,)]


def test_repairing_twice_changes_nothing(warehouse: Engine, portfolio: Portfolio) -> None:
    lose(warehouse, "a.load", 3, 7)
    beliefs = "select * from flex.belief order by sensor_id, event_start, belief_time, source_id"
    repaired(warehouse, portfolio)
    before = rows(warehouse, beliefs)

    repair_day(warehouse, portfolio, DAY, NOW + HOUR)

    assert rows(warehouse, beliefs) == before
    assert rows(warehouse, "select * from flex.replaced_belief") == []


def test_the_day_of_a_sensor_far_east_takes_no_repair_from_the_day_before_of_another(
    tmp_path: Path, warehouse: Engine
) -> None:
    portfolio = homes(tmp_path, warehouse, ["a", "b"])
    yesterday, last_hour = DAY - timedelta(days=1), MIDNIGHT - HOUR
    # all but the last hour before midnight, and the one after it, when yesterday was planned
    lose(warehouse, "a.load", 0)
    for values, first in (([0.5] * 23, MIDNIGHT - 24 * HOUR), ([0.5], MIDNIGHT)):
        know(warehouse, "a.load", values, first, since=MIDNIGHT - 48 * HOUR)
    check(warehouse, [portfolio.sensors["a.load"]], yesterday, NOW, portfolio)
    repair_day(warehouse, portfolio, yesterday, NOW)
    east = portfolio.sensors["b.load"].model_copy(update={"timezone": "Europe/Athens"})
    both = replace(portfolio, sensors={**portfolio.sensors, "b.load": east})

    repaired(warehouse, both)

    assert rows(warehouse, BELIEVED.format(last_hour)) == [(last_hour, 0.5, "repair", "interpolate")]
