"""What the reports say of plans that are small enough to be reckoned by hand."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flex_pipeline.defs import dbt_project, reporting
from tests.dbt_reports.plans import Reports, Step, burn_gas, gather

SATURDAY, SUNDAY, MONDAY = (date(2026, 10, day) for day in (24, 25, 26))  # clocks go back on Sunday

# Bought at 0.30, sold at 0.10:                                          net     costs   baseline  costs
SHIFTED = {
    2: Step(load_kw=1, devices_kw={"home-01/washer": 2}),  #             3 kW     0.90     1 kW     0.30
    12: Step(load_kw=1, pv_kw=4, devices_kw={"home-01/battery": 2}),  # -1 kW    -0.10    -3 kW    -0.30
    18: Step(  #                                                         2.5 kW   0.75     6 kW     1.80
        load_kw=4, devices_kw={"home-01/battery": -1.5}, baseline_kw={"home-01/washer": 2}
    ),
}


def test_a_day_costs_what_is_bought_less_what_is_sold(reports: Reports) -> None:
    reports.plan("home-01", SUNDAY, SHIFTED, stock_kwh=(5.0, 5.25))
    reports.build(SUNDAY)
    [row] = reports.rows("""
        select currency, energy_bought_kwh, energy_sold_kwh, energy_cost, baseline_energy_cost, saving,
            peak_consumption_kw, baseline_peak_consumption_kw, peak_production_kw, stock_change_kwh
        from reports.site_cost_daily
    """)
    # 0.90 - 0.10 + 0.75 = 1.55 against 0.30 - 0.30 + 1.80 = 1.80
    assert row == ("EUR", 5.5, 1.0, *map(pytest.approx, (1.55, 1.80, 0.25)), 3.0, 6.0, 1.0, 0.25)


def test_a_device_is_priced_as_if_it_were_alone(reports: Reports) -> None:
    reports.plan("home-01", SUNDAY, SHIFTED, stock_kwh=(5.0, 5.25))
    results = reports.build(SUNDAY)
    rows = reports.rows("""
        select device_id, consumed_kwh, produced_kwh, energy_cost, stock_change_kwh
        from reports.device_energy_daily order by device_id
    """)
    assert rows == [
        ("home-01/battery", 2.0, 1.5, pytest.approx(0.45), 0.25),  # 2 at 0.30 less 1.5 at 0.10
        ("home-01/washer", 2.0, 0.0, pytest.approx(0.60), None),
    ]
    # and 1.05 for both, 1.40 for load and sun, less 0.20 on 3 kWh at noon and 1.5 kWh in the evening, is 1.55
    assert results["money_adds_up"].status == "pass"


def test_each_commodity_costs_what_its_own_price_is_and_a_site_pays_for_all(reports: Reports) -> None:
    reports.plan("home-01", SUNDAY, SHIFTED)
    burn_gas(reports)
    results = reports.build(SUNDAY)
    rows = reports.rows("""
        select commodity, energy_bought_kwh, energy_cost, baseline_energy_cost
        from reports.commodity_cost_daily order by commodity
    """)
    # of the 2 kWh of the washer at 0.30 remain 2 kWh of gas at 0.08; the load of 1 kW beside it is electric
    assert rows == [
        ("electricity", 3.5, *map(pytest.approx, (0.95, 1.20))),
        ("gas", 2.0, *map(pytest.approx, (0.16, 0.16))),
    ]
    totals = reports.rows("select energy_cost, baseline_energy_cost from reports.site_cost_daily")
    assert totals == [tuple(map(pytest.approx, (1.11, 1.36)))]
    devices = reports.rows("""
        select device_id, commodity, energy_cost from reports.device_energy_daily order by device_id
    """)
    assert devices == [
        ("home-01/battery", "electricity", pytest.approx(0.45)),
        ("home-01/washer", "gas", pytest.approx(0.16)),
    ]
    assert [name for name, result in results.items() if result.failed] == []


def test_a_group_has_the_headroom_that_its_own_limit_leaves(reports: Reports) -> None:
    reports.plan("home-01", SATURDAY, SHIFTED)
    gather(reports, limit_kw=3.0)
    reports.build(SATURDAY)
    rows = reports.rows("""
        select group_name, net_power_kw, consumption_headroom_kw, production_headroom_kw from reports.group_headroom
        where extract(hour from event_start at time zone 'Europe/Amsterdam') in (2, 18) order by event_start
    """)
    assert rows == [("yard", 2.0, 1.0, None), ("yard", -1.5, 4.5, None)]


def test_headroom_is_what_each_limit_leaves(reports: Reports) -> None:
    reports.plan("home-01", SATURDAY, SHIFTED, capacity_kw=8.0)
    reports.build(SATURDAY)
    rows = reports.rows("""
        select consumption_headroom_kw, production_headroom_kw from reports.headroom
        where extract(hour from event_start at time zone 'Europe/Amsterdam') in (12, 18) order by event_start
    """)
    assert rows == [(9.0, 7.0), (5.5, 10.5)]


def test_there_is_no_headroom_without_a_limit(reports: Reports) -> None:
    reports.plan("home-01", SATURDAY, SHIFTED)
    results = reports.build(SATURDAY)
    distinct = "select distinct consumption_headroom_kw, production_headroom_kw from reports.headroom"
    assert reports.rows(distinct) == [(None, None)]
    assert results["headroom_is_what_the_limits_leave"].status == "pass"


def test_days_are_those_of_the_site_and_25_hours_long_when_clocks_go_back(reports: Reports) -> None:
    for site_id in ("home-01", "mill-01"):
        reports.plan(site_id, SUNDAY, {})
    results = reports.build(SUNDAY)
    rows = reports.rows(
        "select site_id, count(*) from reports.headroom where date = '2026-10-25' group by 1 order by 1"
    )
    assert rows == [("home-01", 25), ("mill-01", 24)]  # New York goes back a week later
    assert results["days_are_complete"].status == "pass"


def test_a_day_is_replaced_and_its_neighbours_are_not(reports: Reports) -> None:
    for day in (SATURDAY, SUNDAY, MONDAY):
        reports.plan("home-01", day, {0: Step(load_kw=1)})
    reports.build(SATURDAY, MONDAY)
    for day in (SATURDAY, SUNDAY, MONDAY):
        reports.plan("home-01", day, {0: Step(load_kw=2)}, believed=datetime(2026, 10, 21, tzinfo=UTC))
    reports.build(SUNDAY)
    rows = reports.rows("select date, energy_bought_kwh from reports.site_cost_daily order by date")
    assert rows == [(SATURDAY, 1.0), (SUNDAY, 2.0), (MONDAY, 1.0)]


def test_building_again_changes_nothing(reports: Reports) -> None:
    reports.plan("home-01", SUNDAY, SHIFTED)
    tables = [key.path[-1] for key in reporting.reports.keys]

    def content() -> list[object]:
        reports.build(SATURDAY, MONDAY)
        return [sorted(map(str, reports.rows(f"select * from reports.{table}"))) for table in tables]

    assert content() == content()


def test_a_blocked_plan_leaves_no_row_of_the_one_before(reports: Reports) -> None:
    reports.plan("home-01", SUNDAY, SHIFTED)
    reports.plan("mill-01", SUNDAY, {})
    reports.build(SUNDAY)
    reports.plan("home-01", SUNDAY, {}, status="blocked", believed=datetime(2026, 10, 21, tzinfo=UTC))
    results = reports.build(SUNDAY)
    for table in ("site_cost_daily", "device_energy_daily", "headroom", "site_step", "device_step"):
        assert reports.rows(f"select distinct site_id from reports.{table}") == [("mill-01",)]
    assert not [result for result in results.values() if result.failed]


def test_a_plan_that_is_gone_leaves_no_row(reports: Reports) -> None:
    reports.plan("home-01", SUNDAY, SHIFTED)
    reports.build(SUNDAY)
    reports.execute("delete from flex.schedule_run")
    reports.build(SUNDAY)
    assert reports.rows("select * from reports.site_cost_daily") == []
    assert reports.rows("select * from reports.headroom") == []


def test_what_was_reported_stays_when_a_model_fails(reports: Reports) -> None:
    reports.plan("home-01", SUNDAY, {0: Step(load_kw=1)})
    reports.build(SUNDAY)
    reports.execute("alter table reports.site_cost_daily add constraint cheap check (energy_bought_kwh < 2)")
    reports.plan("home-01", SUNDAY, {0: Step(load_kw=2)}, believed=datetime(2026, 10, 21, tzinfo=UTC))
    results = reports.build(SUNDAY)
    assert results["site_cost_daily"].failed
    assert results["money_adds_up"].status == "skipped"
    assert reports.rows("select energy_bought_kwh from reports.site_cost_daily") == [(1.0,)]


def test_a_model_that_breaks_its_contract_is_refused_and_its_table_stays(
    reports: Reports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    shutil.copytree(dbt_project.PROJECT, project, ignore=shutil.ignore_patterns("target"))
    monkeypatch.setattr(dbt_project, "PROJECT", project)
    monkeypatch.setattr(dbt_project, "TARGET", tmp_path / "target")
    reports.plan("home-01", SUNDAY, SHIFTED)
    reports.build(SUNDAY)
    before = reports.rows("select * from reports.device_energy_daily")
    model = project / "models" / "marts" / "device_energy_daily.sql"
    model.write_text(model.read_text().replace("days.status,", "days.status, 1 as more_than_promised,"))
    result = reports.build(SUNDAY)["device_energy_daily"]
    assert result.failed
    assert "enforced contract" in result.message
    assert reports.rows("select * from reports.device_energy_daily") == before != []


def test_marts_are_indexed_by_key_and_date(reports: Reports) -> None:
    reports.build(SUNDAY)
    rows = reports.rows("""
        select tablename, array_agg(substring(indexdef from '\\(.*\\)') order by indexdef) from pg_indexes
        where schemaname = 'reports' group by tablename order by tablename
    """)
    assert all(indexes[0] == "(date)" and len(indexes) == 2 for _, indexes in rows)
    assert dict(rows)["saving_daily"] == ["(date)", "(site_id, date, baseline)"]
