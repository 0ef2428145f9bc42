"""The reports as Dagster runs them."""

from collections.abc import Callable
from datetime import date

import dagster as dg
import pytest

from flex_pipeline.defs import dbt_project, partitions, reporting
from flex_pipeline.defs.resources import WarehouseResource
from tests.dbt_reports.plans import Reports, Step

SATURDAY, SUNDAY = date(2026, 10, 24), date(2026, 10, 25)
Materialise = Callable[[date, date], dg.ExecuteInProcessResult]


@pytest.fixture
def materialise(reports: Reports, monkeypatch: pytest.MonkeyPatch) -> Materialise:
    for name, value in reports.connection.environment().items():
        monkeypatch.setenv(name, value)

    def run(first: date, last: date) -> dg.ExecuteInProcessResult:
        return dg.materialize(
            reporting.assets,
            instance=dg.DagsterInstance.ephemeral(),
            tags=partitions.between(first.isoformat(), last.isoformat()),
            resources={"warehouse": WarehouseResource()},
            raise_on_error=False,
        )

    return run


def test_a_range_of_days_is_one_run_of_dbt_that_materialises_each_day(
    reports: Reports, materialise: Materialise
) -> None:
    for day in (SATURDAY, SUNDAY):
        reports.plan("home-01", day, {})
    result = materialise(SATURDAY, SUNDAY)
    assert result.success
    days = {
        (event.asset_key.path[-1], event.partition)
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    models = {key.path[-1] for key in reporting.reports.keys}
    assert {"site_cost_daily", "device_step", "saving_daily", "headroom"} <= models
    assert days == {(model, day.isoformat()) for model in models for day in (SATURDAY, SUNDAY)}
    assert reports.rows("select count(*) from reports.headroom") == [(49,)]  # 24 and 25 hours


def test_each_dbt_test_is_a_check(reports: Reports, materialise: Materialise) -> None:
    reports.plan("home-01", SATURDAY, {})
    result = materialise(SATURDAY, SATURDAY)
    checks = {check.check_name: check.passed for check in result.get_asset_check_evaluations()}
    assert checks == dict.fromkeys(
        (
            "baseline_is_known",
            "component_is_known",
            "components_add_up_to_days",
            "daily_component_is_known",
            "days_are_complete",
            "group_power_is_the_sum_of_its_devices",
            "headroom_is_what_the_limits_leave",
            "money_adds_up",
            "net_power_is_the_sum_of_its_parts",
            "parts_of_regret_add_up",
            "realised_money_adds_up",
            "status_is_that_of_a_plan",
            "steps_add_up_to_days",
            "totals_are_energy_and_all_besides",
            "way_is_known",
        ),
        True,
    )


def test_a_failing_test_fails_the_step_by_name_and_is_a_failed_check(
    reports: Reports, materialise: Materialise
) -> None:
    reports.plan("home-01", SATURDAY, {0: Step(load_kw=1)})
    reports.execute("update flex.site_plan set net_power_kw = 9")
    result = materialise(SATURDAY, SATURDAY)
    assert not result.success
    failed = {check.check_name for check in result.get_asset_check_evaluations() if not check.passed}
    assert failed == {"money_adds_up", "net_power_is_the_sum_of_its_parts"}
    assert "test.dbt_reports.money_adds_up: Got 1 result, configured to fail if != 0" in reason(result)


def test_a_failing_model_fails_the_step_by_name_and_is_not_materialised(
    reports: Reports, materialise: Materialise
) -> None:
    reports.plan("home-01", SATURDAY, {})
    reports.execute("drop table flex.shadow_price cascade")
    result = materialise(SATURDAY, SATURDAY)
    model = "flexibility_value_daily"
    assert f"model.dbt_reports.{model}: Database Error in model {model}" in reason(result)
    assert 'relation "flex.shadow_price" does not exist' in reason(result)
    materialised = {event.asset_key for event in result.get_asset_materialization_events()}
    assert materialised == reporting.reports.keys - {dg.AssetKey(["reports", model])}


def test_a_server_that_is_away_is_named(reports: Reports) -> None:
    settings = reports.connection.dbt_environment | {"FLEX_PGPORT": "1"}
    with pytest.raises(dbt_project.DbtError, match="port 1 failed: Connection refused"):
        dbt_project.build("2026-10-24", "2026-10-24", settings)


def reason(result: dg.ExecuteInProcessResult) -> str:
    [failure] = [event.step_failure_data for event in result.all_node_events if event.is_step_failure]
    assert failure.user_failure_data
    return failure.user_failure_data.description or ""
