"""A Dagster run of `schedules`: any shape of partitions, what each is told of, and what a bad site does to it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import pytest
from sqlalchemy import Engine

from flex_pipeline.definitions import build_defs
from flex_pipeline.defs import partitions, resources, scheduling
from flex_pipeline.defs.resources import PipelineResource, WarehouseResource
from flex_pipeline.planning import configuration, plan_rows
from flex_pipeline.scheduling import Problem, Schedule, ShadowPrice, solve
from flex_pipeline.scheduling.batch import Solvers
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine, migrate
from flex_pipeline.warehouse.portfolios import store_portfolio
from tests.planning.homes import DAY, homes, rows

KEY = dg.AssetKey("schedules")
TODAY, TOMORROW = DAY.isoformat(), (DAY + timedelta(days=1)).isoformat()
DEVICES = ["a/battery", "b/battery", "c/battery"]


@pytest.fixture
def warehouse(database: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    migrate(database)
    monkeypatch.setattr(WarehouseResource, "connection", property(lambda _: database))
    monkeypatch.setattr(resources, "_solvers", lambda: Solvers(1))
    yield engine(database)
    engine(database).dispose()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(partitions.DEVICES, DEVICES)
        yield instance


def run(instance: dg.DagsterInstance, folder: Path, first: str, last: str) -> dg.ExecuteInProcessResult:
    pipeline = PipelineResource(warehouse=WarehouseResource(), folder=str(folder))
    job = build_defs(pipeline=pipeline).resolve_implicit_global_asset_job_def()
    return job.get_subset(asset_selection={KEY}, asset_check_selection=set()).execute_in_process(
        instance=instance, tags=partitions.between(first, last), raise_on_error=False
    )


def materialised(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetMaterialization]:
    """What was told of each partition."""
    return {m.partition or "": m for m in result.asset_materializations_for_node("schedules")}


def test_a_range_of_days_and_devices_is_planned_day_after_day(
    tmp_path: Path, warehouse: Engine, instance: dg.DagsterInstance
) -> None:
    homes(tmp_path, warehouse, ["a", "b", "c"])

    result = run(instance, tmp_path, f"{TODAY}|a/battery", f"{TOMORROW}|b/battery")

    assert result.success
    assert sorted(materialised(result)) == [f"{day}|{d}" for day in (TODAY, TOMORROW) for d in DEVICES[:2]]
    assert rows(warehouse, "select date::text, site_id from flex.schedule_run order by run_id") == [
        (day, name) for day in (TODAY, TOMORROW) for name in ("a", "b")
    ]


@pytest.mark.parametrize(("most", "shown"), [(1, "![a/battery on"), (0, f"`flex-pipeline plot a {DAY}`")])
def test_a_run_of_many_device_days_says_how_to_draw_one(
    tmp_path: Path,
    warehouse: Engine,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    shown: str,
) -> None:
    homes(tmp_path, warehouse, ["a"])
    monkeypatch.setattr(scheduling, "MOST_PICTURES", most)

    told = materialised(run(instance, tmp_path, f"{TODAY}|a/battery", f"{TODAY}|a/battery"))

    assert str(told[f"{TODAY}|a/battery"].metadata["plot"].value).startswith(shown)


def test_a_bad_site_is_named_when_all_others_are_planned_and_told_of(
    tmp_path: Path, warehouse: Engine, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fragile(problem: Problem) -> Schedule:
        if problem.stocks[0].start_kwh == 1.0:  # that of b
            raise ArithmeticError("a number that nobody expects")
        return solve(problem)

    homes(tmp_path, warehouse, ["a", "b", "c"])
    monkeypatch.setattr(plan_rows, "solve", fragile)

    result = run(instance, tmp_path, f"{TODAY}|a/battery", f"{TODAY}|c/battery")

    assert not result.success
    (failed,) = [event for event in result.all_node_events if event.is_step_failure]
    failure = failed.step_failure_data.user_failure_data
    assert failure is not None
    assert failure.description == f"{TODAY} b: ArithmeticError: a number that nobody expects"
    assert instance.get_materialized_partitions(KEY) == {f"{TODAY}|a/battery", f"{TODAY}|c/battery"}
    statuses = rows(warehouse, "select site_id, status from flex.current_plan order by 1")
    assert statuses == [("a", "optimal"), ("b", "blocked"), ("c", "optimal")]


def test_a_site_is_planned_as_a_whole_and_all_its_partitions_are_told_of(
    tmp_path: Path, warehouse: Engine, instance: dg.DagsterInstance
) -> None:
    homes(tmp_path, warehouse, ["a"])
    with (tmp_path / "a.yaml").open("a") as described:
        described.write("  car: {flex-model: {soc-at-start: 0 kWh, soc-max: 9 kWh, power-capacity: 3 kW}}\n")
    with warehouse.begin() as session:
        store_portfolio(session, configuration.load(tmp_path))

    result = run(instance, tmp_path, f"{TODAY}|a/battery", f"{TODAY}|a/battery")

    assert result.success
    assert sorted(materialised(result)) == [f"{TODAY}|a/battery", f"{TODAY}|a/car"]


def test_a_plan_is_told_with_its_diagnosis_and_the_ten_limits_that_are_worth_most(
    tmp_path: Path, warehouse: Engine, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limited(problem: Problem) -> Schedule:
        prices = tuple(
            ShadowPrice("site", f"limit_{i:02}", "kW", np.full(24, 0.01 * (i + 1))) for i in range(12)
        )
        return replace(solve(problem), shadow_prices=prices, diagnosis="the fuse is too small")

    homes(tmp_path, warehouse, ["a"])
    monkeypatch.setattr(plan_rows, "solve", limited)

    result = run(instance, tmp_path, f"{TODAY}|a/battery", f"{TODAY}|a/battery")

    (told,) = materialised(result).values()
    assert told.metadata["diagnosis"].value == "the fuse is too small"
    inputs = told.metadata["inputs"]
    assert isinstance(inputs, dg.TableMetadataValue)
    assert [tuple(record.data.values()) for record in inputs.records] == [
        ("a.load", "published", "meter", 24),  # known since six on the day before
        ("price", "published", "meter", 24),
    ]
    limits = told.metadata["limits"]
    assert isinstance(limits, dg.TableMetadataValue)
    assert [record.data["family"] for record in limits.records] == [f"limit_{i:02}" for i in range(11, 1, -1)]
    assert limits.records[0].data == {
        "component": "site",
        "family": "limit_11",
        "unit": "EUR/kW",
        "steps": 24,
        "worth": pytest.approx(24 * 0.12),
        "highest": pytest.approx(0.12),
        "in_words": "1 kW wider, limit 11 of site saves up to 0.1200 EUR in a step, 2.8800 in all 24 it binds in",
    }


def test_a_plan_is_told_with_what_it_pays_for_and_the_marginal_price_from_each_change_on(
    tmp_path: Path, warehouse: Engine, instance: dg.DagsterInstance
) -> None:
    homes(tmp_path, warehouse, ["a"])

    (told,) = materialised(run(instance, tmp_path, f"{TODAY}|a/battery", f"{TODAY}|a/battery")).values()

    # 12 kWh of load, half of it at 0.05 and half at 0.10; and 10 kWh bought at 0.05 that are sold at 0.10
    assert records(told, "site_cost_terms") == [
        {"component": "energy", "name": "net energy", "cost": pytest.approx(0.4), "currency": "EUR"}
    ]
    # one more kWh costs what it is bought for: the connection is not full
    assert records(told, "marginal_prices") == [
        {"from": f"{TODAY}T{hour}:00+02:00", "price": price, "marginal_price": price}
        for hour, price in (("00", 0.05), ("08", 0.1), ("20", 0.05))
    ]


def test_a_device_is_told_of_the_limits_of_its_groups_and_not_of_those_of_others(
    tmp_path: Path, warehouse: Engine, instance: dg.DagsterInstance
) -> None:
    homes(tmp_path, warehouse, ["a"])
    with (tmp_path / "a.yaml").open("a") as described:
        described.write(
            "  car: {flex-model: {soc-at-start: 0 kWh, soc-max: 9 kWh, power-capacity: 3 kW, group: plaza}}\n"
        )
        described.write(
            "groups:\n  plaza: {power-capacity: 1 kW, group: yard}\n  yard: {power-capacity: 9 kW}\n"
        )
    with warehouse.begin() as session:
        store_portfolio(session, configuration.load(tmp_path))

    told = materialised(run(instance, tmp_path, f"{TODAY}|a/battery", f"{TODAY}|a/battery"))

    limits = {
        key: {str(record["component"]) for record in records(told[f"{TODAY}|a/{key}"], "limits")}
        for key in ("battery", "car")
    }
    # a kW more of the plaza moves more from the cheap hours to the dear ones; nothing comes near the yard's 9 kW
    assert "plaza" in limits["car"]
    assert limits["battery"] <= {"battery", "site"}
    assert limits["car"] <= {"car", "plaza", "site"}


def records(told: dg.AssetMaterialization, name: str) -> list[dict[str, object]]:
    """The rows of a table among the metadata."""
    table = told.metadata[name]
    assert isinstance(table, dg.TableMetadataValue)
    return [dict(record.data) for record in table.records]


def test_the_partitions_of_a_device_that_left_stay(
    tmp_path: Path, warehouse: Engine, instance: dg.DagsterInstance
) -> None:
    homes(tmp_path, warehouse, ["a", "b", "c"])
    run(instance, tmp_path, f"{TODAY}|a/battery", f"{TODAY}|c/battery")
    (tmp_path / "b.yaml").unlink()
    pipeline = PipelineResource(warehouse=WarehouseResource(), folder=str(tmp_path))
    job = build_defs(pipeline=pipeline).resolve_implicit_global_asset_job_def()

    loaded = job.get_subset(asset_selection={dg.AssetKey("portfolio")}).execute_in_process(instance=instance)

    assert loaded.success
    assert set(instance.get_dynamic_partitions(partitions.DEVICES)) == set(DEVICES)
    assert instance.get_materialized_partitions(KEY) == {f"{TODAY}|{device}" for device in DEVICES}
