"""Each test of the reports finds the fault that it is there for, and no other test does."""

from datetime import date

import pytest

from tests.dbt_reports.plans import Reports, Step, burn_gas, gather

DAY = date(2026, 10, 24)
STEPS = {12: Step(load_kw=1, pv_kw=4, devices_kw={"home-01/battery": 2}, baseline_kw={"home-01/battery": 1})}
NOON = "event_start at time zone 'Europe/Amsterdam' = '2026-10-24 12:00'"


def failed_tests(reports: Reports) -> list[str]:
    return [name for name, result in reports.build(DAY).items() if result.failed]


def test_a_sound_plan_passes(reports: Reports) -> None:
    reports.plan("home-01", DAY, STEPS, capacity_kw=8.0)
    assert failed_tests(reports) == []


def test_a_missing_hour_is_found(reports: Reports) -> None:
    reports.plan("home-01", DAY, STEPS)
    reports.execute(
        "delete from flex.site_plan where event_start = (select max(event_start) from flex.site_plan)"
    )
    assert failed_tests(reports) == ["days_are_complete"]


def test_a_plan_without_any_step_is_found(reports: Reports) -> None:
    reports.plan("home-01", DAY, STEPS)
    reports.execute("delete from flex.site_plan")
    assert failed_tests(reports) == ["days_are_complete"]


def test_a_wrong_baseline_is_found(reports: Reports) -> None:
    reports.plan("home-01", DAY, STEPS)
    reports.execute(f"update flex.site_plan set baseline_net_power_kw = 0 where {NOON}")
    assert sorted(failed_tests(reports)) == ["net_power_is_the_sum_of_its_parts"]


@pytest.mark.parametrize("wrong", ["net_power_kw = 7", "inflexible_consumption_kw = 9"])
def test_a_net_power_that_does_not_add_up_costs_other_than_its_parts(reports: Reports, wrong: str) -> None:
    reports.plan("home-01", DAY, STEPS)
    reports.execute(f"update flex.site_plan set {wrong} where {NOON}")
    assert {"money_adds_up", "net_power_is_the_sum_of_its_parts"} <= set(failed_tests(reports))


def test_a_device_without_its_steps_is_found(reports: Reports) -> None:
    reports.plan("home-01", DAY, STEPS)
    reports.execute("delete from flex.schedule")
    assert sorted(failed_tests(reports)) == ["money_adds_up", "net_power_is_the_sum_of_its_parts"]


def test_a_commodity_whose_power_does_not_add_up_is_found(reports: Reports) -> None:
    reports.plan("home-01", DAY, STEPS)
    burn_gas(reports)
    assert failed_tests(reports) == []
    reports.execute(f"update flex.commodity_plan set net_power_kw = 3 where {NOON}")
    assert sorted(failed_tests(reports)) == ["money_adds_up", "net_power_is_the_sum_of_its_parts"]


def test_a_group_that_is_not_the_sum_of_its_devices_is_found(reports: Reports) -> None:
    reports.plan("home-01", DAY, STEPS)
    gather(reports, limit_kw=5.0)
    assert failed_tests(reports) == []
    reports.execute("delete from flex.group_member where device_id = 'home-01/battery'")
    assert failed_tests(reports) == ["group_power_is_the_sum_of_its_devices"]


def test_the_steps_of_other_days_are_not_judged_again(reports: Reports) -> None:
    reports.plan("home-01", DAY, STEPS)
    reports.plan("home-01", date(2026, 10, 23), STEPS)
    reports.execute("update flex.site_plan set net_power_kw = 7 where event_start < '2026-10-23 21:00+00'")
    assert failed_tests(reports) == []
