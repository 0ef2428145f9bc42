"""Runs as Dagster has them, noted in the warehouse."""

from datetime import UTC, datetime

import dagster as dg
import pytest
from sqlalchemy import Engine

from flex_pipeline.defs import partitions
from flex_pipeline.defs.run_notes import STAGE_TAG, note_runs
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine, migrate
from tests.planning.homes import rows

NOTED = """
    select stage, status, first_date::text, last_date::text, partitions, failure
    from flex.pipeline_run order by created_at
"""


@dg.asset(partitions_def=partitions.dates, backfill_policy=dg.BackfillPolicy.single_run())
def meals(context: dg.AssetExecutionContext) -> None:
    if context.partition_keys[0] == "2025-06-12":
        raise dg.Failure("the oven is\n cold " + 500 * "!")


@dg.job
def nothing() -> None:
    pass


@pytest.fixture
def warehouse(database: Connection) -> Engine:
    migrate(database)
    return engine(database)


def run(instance: dg.DagsterInstance, tags: dict[str, str]) -> None:
    dg.materialize([meals], instance=instance, tags=tags, raise_on_error=False)


def test_runs_are_noted_once_with_their_days_and_what_failed(warehouse: Engine) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run(instance, {**partitions.between("2025-06-09", "2025-06-11"), STAGE_TAG: "cook"})
        run(instance, {partitions.PARTITION_TAG: "2025-06-12", STAGE_TAG: "cook"})

        assert note_runs(instance, warehouse) == 2
        assert note_runs(instance, warehouse) == 0

    (cooked, failed) = rows(warehouse, NOTED)
    assert cooked == ("cook", "success", "2025-06-09", "2025-06-11", 3, None)
    assert failed[:5] == ("cook", "failure", "2025-06-12", "2025-06-12", 1)
    assert failed[5].startswith("meals: the oven is cold !!!")
    assert len(failed[5]) == 300
    ((asset, partition, succeeded_at),) = rows(
        warehouse, "select asset, partition, succeeded_at from flex.asset_success"
    )
    assert (asset, partition) == ("meals", "2025-06-11")
    assert (datetime.now(UTC) - succeeded_at).total_seconds() < 600


def test_a_run_over_devices_and_days_counts_the_partitions_in_its_range(warehouse: Engine) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(partitions.DEVICES, ["a/x", "a/y", "b/z"])
        instance.create_run_for_job(nothing, tags=partitions.between("2025-06-09|a/x", "2025-06-10|a/y"))

        note_runs(instance, warehouse)

    assert rows(warehouse, NOTED) == [("nothing", "not_started", "2025-06-09", "2025-06-10", 4, None)]


def test_a_run_that_goes_on_is_noted_again_when_it_ends(warehouse: Engine) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        begun = instance.create_run_for_job(nothing, tags={})
        note_runs(instance, warehouse)
        instance.report_run_canceled(begun)

        assert note_runs(instance, warehouse) == 1

    assert rows(warehouse, NOTED) == [("nothing", "canceled", None, None, 0, None)]
