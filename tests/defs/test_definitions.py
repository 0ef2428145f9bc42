"""What Dagster loads: groups, lineage and automation, without a server."""

import subprocess
import sys
from datetime import UTC, datetime

import dagster as dg
import pytest

from flex_pipeline.definitions import build_defs


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_defs()


def test_the_graph_has_the_five_stages(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()

    groups = {graph.get(key).group_name for key in graph.materializable_asset_keys}
    assert groups == {"ingestion", "quality", "forecasting", "scheduling", "reporting"}


def test_reports_descend_from_schedules(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()

    assert dg.AssetKey("schedules") in graph.get(dg.AssetKey(["reports", "site_cost_daily"])).parent_keys


def test_a_plan_waits_for_the_verdicts_the_forecasts_and_the_day_before(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()

    parents = {key.to_user_string() for key in graph.get(dg.AssetKey("schedules")).parent_keys}
    assert parents == {"data_quality", "repaired_readings", "forecasts", "schedules"}


def test_tomorrow_is_read_and_forecast_after_the_prices(definitions: dg.Definitions) -> None:
    tick = definitions.resolve_schedule_def("plan_tomorrow").evaluate_tick(
        dg.build_schedule_context(
            scheduled_execution_time=datetime(2026, 11, 21, 12, 20, tzinfo=UTC),
            repository_def=definitions.get_repository_def(),
        )
    )

    assert tick.run_requests is not None
    assert [request.partition_key for request in tick.run_requests] == ["2026-11-21", "2026-11-22"]


def test_what_is_over_is_measured_every_morning_and_not_with_tomorrow(definitions: dg.Definitions) -> None:
    tick = definitions.resolve_schedule_def("measure_yesterday").evaluate_tick(
        dg.build_schedule_context(
            scheduled_execution_time=datetime(2026, 11, 21, 5, 0, tzinfo=UTC),
            repository_def=definitions.get_repository_def(),
        )
    )

    assert tick.run_requests is not None
    assert [request.partition_key for request in tick.run_requests] == ["2026-11-20"]
    jobs = {name: definitions.resolve_job_def(name) for name in ("daily", "measured")}
    assets = {
        name: {key.to_user_string() for key in job.asset_layer.selected_asset_keys}
        for name, job in jobs.items()
    }
    assert assets["measured"] - assets["daily"] == {"forecast_accuracy"}
    assert assets["daily"] - assets["measured"] == {"forecasts"}


def test_loading_definitions_imports_no_engine() -> None:
    heavy = ("great_expectations", "sklearn", "pyomo", "highspy", "matplotlib", "pvlib", "entsoe")
    code = f"import sys, flex_pipeline.definitions; print([m for m in {heavy} if m in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip().splitlines()[-1] == "[]"
