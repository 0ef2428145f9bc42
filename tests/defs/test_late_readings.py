"""A reading that comes days later, tick by tick and run by run, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import Engine

from flex_pipeline.definitions import build_defs
from flex_pipeline.defs import automation, partitions, resources
from flex_pipeline.defs.partitions import RANGE_END_TAG, RANGE_START_TAG
from flex_pipeline.defs.resources import PipelineResource, WarehouseResource
from flex_pipeline.planning.outcomes import note_outcomes
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.scheduling.batch import Solvers
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine, migrate
from tests.planning.homes import DAY, HOUR, MIDNIGHT, NOW, homes, know, planner, rows

NEXT = DAY + timedelta(days=1)
TODAY = datetime(2025, 6, 14, 12, tzinfo=UTC)
REALISED = "select date, realised_energy_cost from reports.site_cost_daily order by 1"


@pytest.fixture
def warehouse(database: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    migrate(database)
    monkeypatch.setattr(WarehouseResource, "connection", property(lambda _: database))
    monkeypatch.setattr(resources, "_solvers", lambda: Solvers(1))
    monkeypatch.setattr(PipelineResource, "now", lambda _: TODAY)
    yield engine(database)
    engine(database).dispose()


@pytest.fixture
def portfolio(tmp_path: Path, warehouse: Engine) -> Portfolio:
    """Two days that are planned, and noted as they came."""
    portfolio = homes(tmp_path, warehouse, ["home-01"])
    for day in (DAY, NEXT):
        list(planner(warehouse, portfolio).plan_all(["home-01"], day, NOW))
        note_outcomes(warehouse, portfolio, day, TODAY)
    return portfolio


def pipeline(portfolio: Portfolio) -> PipelineResource:
    return PipelineResource(warehouse=WarehouseResource(), folder=str(portfolio.folder))


def tick(portfolio: Portfolio, cursor: str | None) -> dg.SensorResult:
    with dg.build_sensor_context(cursor=cursor, resources={"pipeline": pipeline(portfolio)}) as context:
        result = automation.late_readings(context)
    assert isinstance(result, dg.SensorResult)
    return result


def spans(result: dg.SensorResult) -> list[tuple[str, str]]:
    requests = result.run_requests or []
    return [(request.tags[RANGE_START_TAG], request.tags[RANGE_END_TAG]) for request in requests]


def correct(warehouse: Engine, sensor: str, value: float, day: date = DAY) -> None:
    """Another value for three o'clock, days later."""
    at = MIDNIGHT + (24 * (day - DAY).days + 3) * HOUR
    know(warehouse, sensor, [value], at, since=NOW + timedelta(days=3))


def test_the_day_of_a_correction_is_told_again_and_no_other(warehouse: Engine, portfolio: Portfolio) -> None:
    first = tick(portfolio, None)
    assert spans(first) == []
    correct(warehouse, "home-01.load", 0.8)

    second = tick(portfolio, first.cursor)

    assert spans(second) == [("2025-06-10", "2025-06-10")]
    assert spans(tick(portfolio, second.cursor)) == []


def test_the_run_that_is_asked_for_puts_the_correction_into_the_reports(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    definitions = build_defs(pipeline=pipeline(portfolio))
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(partitions.DEVICES, ["home-01/battery"])
        report = definitions.resolve_job_def("reports")
        both_days = partitions.between(DAY.isoformat(), NEXT.isoformat())
        assert report.execute_in_process(instance=instance, tags=both_days).success
        before = dict(rows(warehouse, REALISED))
        correct(warehouse, "home-01.load", 0.8)  # 0.3 kWh more at 0.05 EUR/kWh

        (request,) = tick(portfolio, None).run_requests or []
        job = definitions.resolve_job_def("corrected")
        result = job.execute_in_process(instance=instance, tags=request.tags)

        assert result.success
        after = dict(rows(warehouse, REALISED))
        assert after == {DAY: pytest.approx(before[DAY] + 0.3 * 0.05), NEXT: before[NEXT]}
        assert compared_again(instance, result, portfolio) == []  # nothing was compared before
        for day in (DAY, NEXT):
            compare(warehouse, day)
        assert compared_again(instance, result, portfolio) == ["2025-06-10|home-01/battery"]


def compared_again(
    instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult, portfolio: Portfolio
) -> list[str]:
    """The first partitions of the runs that follow."""
    with dg.build_run_status_sensor_context(
        "compare_what_was_corrected",
        result.get_run_success_event(),
        instance,
        result.dagster_run,
        resources={"pipeline": pipeline(portfolio)},
    ) as context:
        requests = list(automation.compare_what_was_corrected(context))  # type: ignore[call-overload]
    assert {request.job_name for request in requests} <= {"hindsight"}
    return [request.tags[RANGE_START_TAG] for request in requests]


def compare(warehouse: Engine, day: date) -> None:
    with warehouse.begin() as session:
        session.exec_driver_sql(f"""
            insert into flex.forecast_value (run_id, site_id, date, input_hash, reason, horizon_end, computed_at)
            select run_id, site_id, date, '', 'a limit would have been missed', now(), now()
            from flex.current_plan where date = '{day}'
        """)


def test_a_correction_of_a_shared_price_tells_the_days_of_all_sites_again(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    for day in (DAY, NEXT):
        correct(warehouse, "price", 60.0, day)

    assert spans(tick(portfolio, None)) == [("2025-06-10", "2025-06-11")]


def test_what_is_read_of_today_or_of_a_day_without_a_plan_asks_for_nothing(
    warehouse: Engine, portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(warehouse, "home-01.load", 0.8, DAY + timedelta(days=2))
    assert spans(tick(portfolio, None)) == []

    correct(warehouse, "home-01.load", 0.8, NEXT)
    monkeypatch.setattr(PipelineResource, "now", lambda _: datetime(2025, 6, 11, 12, tzinfo=UTC))
    assert spans(tick(portfolio, None)) == []


def test_a_day_of_before_two_months_is_left_as_it_is(
    warehouse: Engine, portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(warehouse, "home-01.load", 0.8)
    monkeypatch.setattr(PipelineResource, "now", lambda _: TODAY + timedelta(days=60))

    assert spans(tick(portfolio, None)) == []


def test_what_was_noted_after_the_correction_has_it(warehouse: Engine, portfolio: Portfolio) -> None:
    correct(warehouse, "home-01.load", 0.8)
    note_outcomes(warehouse, portfolio, DAY, TODAY)

    assert spans(tick(portfolio, None)) == []
