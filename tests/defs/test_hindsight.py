"""Dagster runs of what is measured: accuracy, backtests, perfect foresight, and what each is told of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import Engine

from flex_pipeline.definitions import build_defs
from flex_pipeline.defs import partitions, resources
from flex_pipeline.defs.resources import PipelineResource, WarehouseResource
from flex_pipeline.planning.forecasts import ForecastDesk
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.scheduling.batch import Solvers
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine, migrate
from tests.planning.homes import DAY, HOUR, MIDNIGHT, NOW, planner, rows
from tests.planning.metered import believe, metered_home

DEVICE_DAY = f"{DAY}|a/battery"


@pytest.fixture
def warehouse(database: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    migrate(database)
    monkeypatch.setattr(WarehouseResource, "connection", property(lambda _: database))
    monkeypatch.setattr(resources, "_solvers", lambda: Solvers(1))
    monkeypatch.setattr(PipelineResource, "now", lambda _: datetime(2025, 6, 12, tzinfo=UTC))
    yield engine(database)
    engine(database).dispose()


@pytest.fixture
def planned(tmp_path: Path, warehouse: Engine) -> Portfolio:
    """A day that was forecast, planned and measured: 1 kW was forecast, and 2 came."""
    portfolio = metered_home(tmp_path, warehouse, "production-price: 0 EUR/kWh")
    before = range(-24 * 21, 0)
    believe(warehouse, "a.load", before, [1.0] * len(before))
    believe(warehouse, "price", range(24), [100.0] * 24, [MIDNIGHT - 12 * HOUR] * 24)
    ForecastDesk(warehouse, portfolio).forecast(DAY, NOW)
    list(planner(warehouse, portfolio).plan_all(["a"], DAY, NOW))
    return portfolio


def run(
    portfolio: Portfolio, asset: str, tags: dict[str, str], config: object = None
) -> dg.ExecuteInProcessResult:
    pipeline = PipelineResource(warehouse=WarehouseResource(), folder=str(portfolio.folder))
    job = build_defs(pipeline=pipeline).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(partitions.DEVICES, ["a/battery"])
        return job.get_subset(asset_selection={dg.AssetKey(asset)}).execute_in_process(
            instance=instance,
            tags=tags,
            run_config={} if config is None else {"ops": {asset: {"config": config}}},
        )


def test_the_accuracy_of_a_day_is_told_with_a_picture(warehouse: Engine, planned: Portfolio) -> None:
    believe(warehouse, "a.load", range(24), [2.0] * 24)

    result = run(planned, "forecast_accuracy", partitions.between(DAY.isoformat(), DAY.isoformat()))

    (told,) = result.asset_materializations_for_node("forecast_accuracy")
    assert told.metadata["steps"].value == 24
    assert str(told.metadata["plot"].value).startswith(f"![Forecasts until {DAY}](data:image/png;base64,")


def test_a_backtest_is_told_with_a_picture_of_each_sensor(warehouse: Engine, planned: Portfolio) -> None:
    believe(warehouse, "a.load", range(24), [2.0] * 24)
    config = {"sensors": ["a.load"], "first": DAY.isoformat(), "last": DAY.isoformat()}

    result = run(planned, "backtest", {}, config)

    (told,) = result.asset_materializations_for_node("backtest")
    assert str(told.metadata["a.load"].value).startswith(f"![a.load · backtest {DAY} to {DAY}]")
    assert rows(warehouse, "select distinct evaluation, date from flex.forecast_accuracy") == [
        ("backtest", DAY)
    ]


def test_a_plan_is_told_what_its_errors_cost(warehouse: Engine, planned: Portfolio) -> None:
    believe(warehouse, "a.load", range(24), [2.0] * 24)

    result = run(planned, "perfect_foresight_schedules", partitions.between(DEVICE_DAY, DEVICE_DAY))

    (told,) = result.asset_materializations_for_node("perfect_foresight_schedules")
    assert told.partition == DEVICE_DAY
    # 48 kWh at 0.1, less 2 from the battery; nothing is lost, as each hour needs all it can give
    assert told.metadata["site_perfect_cost"].value == pytest.approx(4.6)
    assert told.metadata["site_regret"].value == pytest.approx(0, abs=1e-5)
    (check,) = result.get_asset_check_evaluations()
    assert check.passed


def test_a_day_that_is_not_measured_is_named_with_the_reason(warehouse: Engine, planned: Portfolio) -> None:
    result = run(planned, "perfect_foresight_schedules", partitions.between(DEVICE_DAY, DEVICE_DAY))

    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert "not all was measured" in str(check.metadata["reasons"].value)
