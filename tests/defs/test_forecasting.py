"""Dagster runs of `trained_models` and `forecasts`: what each partition is told of, and what the checks say."""

import base64
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import Engine, text

from flex_pipeline.definitions import build_defs
from flex_pipeline.defs import partitions, resources
from flex_pipeline.defs.resources import PipelineResource, WarehouseResource
from flex_pipeline.planning import training_times
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.scheduling.batch import Solvers
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine, migrate
from tests.planning.homes import DAY, rows
from tests.planning.test_models import METERED, measure, with_site

WEEK, TODAY = DAY.isoformat(), DAY.isoformat()  # DAY is a Tuesday
PNG = b"\x89PNG"


@pytest.fixture
def warehouse(database: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    migrate(database)
    monkeypatch.setattr(WarehouseResource, "connection", property(lambda _: database))
    monkeypatch.setattr(resources, "_solvers", lambda: Solvers(1))
    yield engine(database)
    engine(database).dispose()


@pytest.fixture
def portfolio(tmp_path: Path, warehouse: Engine) -> Portfolio:
    return with_site(tmp_path, warehouse, METERED)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def run(instance: dg.DagsterInstance, folder: Path, asset: str, key: str) -> dg.ExecuteInProcessResult:
    pipeline = PipelineResource(warehouse=WarehouseResource(), folder=str(folder))
    job = build_defs(pipeline=pipeline).resolve_implicit_global_asset_job_def()
    return job.get_subset(asset_selection={dg.AssetKey(asset)}).execute_in_process(
        instance=instance, tags={partitions.PARTITION_TAG: key}, raise_on_error=False
    )


def told(result: dg.ExecuteInProcessResult, asset: str) -> Mapping[str, dg.MetadataValue]:
    (materialized,) = result.asset_materializations_for_node(asset)
    return materialized.metadata


def rows_of(table: dg.MetadataValue) -> list[Mapping[str, object]]:
    assert isinstance(table, dg.TableMetadataValue)
    return [record.data for record in table.records]


def verdicts(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    return {verdict.check_name: verdict for verdict in result.get_asset_check_evaluations()}


def test_a_week_is_trained_and_its_dates_are_forecast_with_a_picture(
    tmp_path: Path, warehouse: Engine, portfolio: Portfolio, instance: dg.DagsterInstance
) -> None:
    measure(warehouse, -60, 2)

    week = run(instance, tmp_path, "trained_models", WEEK)
    day = run(instance, tmp_path, "forecasts", TODAY)

    assert week.success
    assert day.success
    trained = {row["sensor"]: row for row in rows_of(told(week, "trained_models")["models"])}
    assert trained["a.load"]["used"] == "yes"
    assert trained["a.load"]["ladder_step"] == "gradient boosting"
    forecast = told(day, "forecasts")
    (row,) = rows_of(forecast["models"])
    assert row["trained_as_of"] == "2025-06-09 11:15"
    assert str(row["reason"]).startswith("Better than")
    picture = str(forecast["plot"].value).split("base64,")[1].rstrip(")")
    assert base64.b64decode(picture).startswith(PNG)
    assert {name: verdict.passed for name, verdict in verdicts(day).items()} == {
        "beats_the_naive": True,
        "no_drift": True,
    }


def test_a_model_that_did_not_beat_the_naive_is_not_used_and_a_check_names_its_sensor(
    tmp_path: Path, warehouse: Engine, portfolio: Portfolio, instance: dg.DagsterInstance
) -> None:
    measure(warehouse, -60, 2)
    with warehouse.begin() as session:  # without noise, a week ago tells everything
        session.execute(
            text(
                "update flex.belief set value = extract(isodow from event_start at time zone 'Europe/Amsterdam')"
            )
        )

    day = run(instance, tmp_path, "forecasts", TODAY)

    check = verdicts(day)["beats_the_naive"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    (row,) = rows_of(check.metadata["which"])
    assert (row["sensor"], row["ladder_step"]) == ("a.load", "week ago")
    assert "did not beat" in str(row["reason"])
    assert rows(warehouse, "select ladder_step from flex.forecast_run") == [("week ago",)]


def test_drift_is_told_by_a_check(
    tmp_path: Path, warehouse: Engine, portfolio: Portfolio, instance: dg.DagsterInstance
) -> None:
    measure(warehouse, -60, 0)
    measure(warehouse, 0, 10, level=5.0)
    run(instance, tmp_path, "forecasts", TODAY)

    day = run(instance, tmp_path, "forecasts", (DAY + timedelta(days=5)).isoformat())

    check = verdicts(day)["no_drift"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    (row,) = rows_of(check.metadata["which"])
    assert str(row["decision"]).startswith("The model in use erred by")


def test_models_of_a_week_that_lies_ahead_are_not_trained(
    tmp_path: Path, portfolio: Portfolio, instance: dg.DagsterInstance
) -> None:
    ahead = partitions.weeks.get_partition_keys()[-1]
    if (
        portfolio.settings.planned_at(date.fromisoformat(ahead))
        <= PipelineResource(warehouse=WarehouseResource()).now()
    ):
        pytest.skip("today the next week is due")

    failed = run(instance, tmp_path, "trained_models", ahead)

    assert not failed.success


def test_the_weeks_of_the_ui_are_those_that_share_models() -> None:
    keys = [date.fromisoformat(key) for key in partitions.weeks.get_partition_keys()]
    assert [training_times.first_of_week(key) for key in keys] == keys
    assert date.fromisoformat(partitions.dates.get_partition_keys()[-1]) <= keys[-1] + timedelta(days=6)
