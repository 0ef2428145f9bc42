"""The weekly job forgets what the portfolio no longer wants kept."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import text

from flex_pipeline import demo
from flex_pipeline.defs.resources import PipelineResource, WarehouseResource
from flex_pipeline.defs.retention import retention
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine
from tests.warehouse.sensors import warehouse_with

MODELS_OF_2001 = text("""
    insert into flex.trained_model (sensor_id, trained_as_of, occasion, sensor_hash, code_version, data_hash, read_at,
        window_start, window_end, readings, name, ladder_step, reason, cpu_s, decision, document, digest, stored_at)
    select sensor_id, day, 'due', '', '', '', day, day, day, 0, '', '', '', 0, '', 'trees', 'x', day
    from flex.sensor, generate_series(timestamptz '2001-05-01', '2001-05-08', '7 days') as day
""")


@pytest.mark.parametrize(("settings", "left"), [("retention: {beliefs: 24 months}", 0), ("currency: EUR", 1)])
def test_months_and_models_older_than_the_portfolio_keeps_are_gone(
    database: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, left: int
) -> None:
    for name, value in database.environment().items():
        monkeypatch.setenv(name, value)
    for path in Path(demo.__file__).parent.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text().replace("currency: EUR", settings))
    warehouse_with(database, load=("load", "kW"))
    month = {"first": datetime(2001, 5, 1, tzinfo=UTC), "last": datetime(2001, 5, 2, tzinfo=UTC)}
    with engine(database).begin() as session:
        session.execute(text("select flex.ensure_belief_months(:first, :last)"), month)
        session.execute(MODELS_OF_2001)

    pipeline = PipelineResource(warehouse=WarehouseResource(), folder=str(tmp_path))
    done = retention.execute_in_process(resources={"pipeline": pipeline})

    assert done.success
    with engine(database).connect() as session:
        months = session.execute(text("select count(*) from pg_class where relname = 'belief_2001_05'"))
        assert months.scalar() == left
        assert session.execute(text("select count(document) from flex.trained_model")).scalar() == 1 + left
    engine(database).dispose()


def test_the_job_runs_once_a_week_when_switched_on() -> None:
    from flex_pipeline.definitions import build_defs

    schedule = build_defs().resolve_schedule_def("forget_old_beliefs")
    assert (schedule.job_name, schedule.cron_schedule) == ("retention", "0 4 * * 0")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
