"""What Dagster knows of its runs, noted in the warehouse: it may keep them in another database."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import dagster as dg
from sqlalchemy import Engine

from flex_pipeline.defs import partitions
from flex_pipeline.defs.partitions import PARTITION_TAG, RANGE_END_TAG, RANGE_START_TAG
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.warehouse.pipeline_runs import (
    AssetSuccess,
    PipelineRun,
    newest_update,
    store_runs,
    store_successes,
)

STAGE_TAG = "flex/stage"  # what a run without a job of its own does
FIRST_LOOK = timedelta(days=60)
LONGEST_FAILURE = 300  # characters

# it is Dagster's, and read by the reports of runs
pipeline_runs = dg.AssetSpec(
    "pipeline_runs",
    description="Runs of the pipeline and when each asset was last made, noted from Dagster's own storage.",
    group_name="operations",
    kinds={"postgres"},
    metadata={"dagster/table_name": "flex.pipeline_run"},
)


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def note_pipeline_runs(context: dg.SensorEvaluationContext, pipeline: PipelineResource) -> dg.SkipReason:
    """Notes runs as they begin and end, for the reports of the health of the pipeline."""
    noted = note_runs(context.instance, pipeline.warehouse.engine)
    return dg.SkipReason(f"noted {noted} runs")


def note_runs(instance: dg.DagsterInstance, engine: Engine) -> int:
    """Store the runs that changed since this was last done, and when each asset was last made. Gives their number."""
    with engine.connect() as session:
        since = newest_update(session) or datetime.now(UTC) - FIRST_LOOK
    records = instance.get_run_records(dg.RunsFilter(updated_after=since))
    if records:
        runs = [_noted(instance, record) for record in records]
        with engine.begin() as session:
            store_runs(session, runs)
            store_successes(session, _successes(instance))
    return len(records)


def _noted(instance: dg.DagsterInstance, record: dg.RunRecord) -> PipelineRun:
    run = record.dagster_run
    days = _days(run.tags)
    return PipelineRun(
        dagster_run_id=run.run_id,
        stage=run.tags.get(STAGE_TAG, run.job_name),
        status=run.status.value.lower(),
        created_at=record.create_timestamp,
        updated_at=record.update_timestamp,
        partitions=_partitions(instance, run.tags),
        first_date=days[0] if days else None,
        last_date=days[-1] if days else None,
        started_at=_at(record.start_time),
        ended_at=_at(record.end_time),
        failure=_failure(instance, run.run_id) if run.status == dg.DagsterRunStatus.FAILURE else None,
    )


def _at(timestamp: float | None) -> datetime | None:
    return None if timestamp is None else datetime.fromtimestamp(timestamp, UTC)


def _keys(tags: Mapping[str, str]) -> list[str]:
    """The partition, or the first and last of a range; none for a run without."""
    return [tags[tag] for tag in (PARTITION_TAG, RANGE_START_TAG, RANGE_END_TAG) if tag in tags]


def _days(tags: Mapping[str, str]) -> list[date]:
    found = [partitions.date_of(key) if "|" in key else key for key in _keys(tags)]
    return sorted(date.fromisoformat(day) for day in found)


def _partitions(instance: dg.DagsterInstance, tags: Mapping[str, str]) -> int:
    """How many partitions lie in the range of a run."""
    keys = _keys(tags)
    if not keys:
        return 0
    first, *_, last = days if len(days := _days(tags)) > 1 else days * 2
    n_days = (last - first).days + 1
    if "|" not in keys[0]:
        return n_days
    known = list(instance.get_dynamic_partitions(partitions.DEVICES))
    ends = [known.index(device) for key in keys if (device := key.split("|")[1]) in known]
    return n_days * (max(ends) - min(ends) + 1) if ends else 0


def _failure(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """What the first failed step said, or else the run, on one line."""
    steps = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    for entry in steps:
        if (event := entry.dagster_event) is not None:
            failure = event.step_failure_data
            told = failure.user_failure_data.description if failure.user_failure_data else None
            if told is None and failure.error is not None:
                told = (failure.error.cause or failure.error).message
            return " ".join(f"{event.step_key}: {told or 'failed'}".split())[:LONGEST_FAILURE]
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE):
        if entry.dagster_event is not None:
            return " ".join((entry.dagster_event.message or "").split())[:LONGEST_FAILURE]
    return None


def _successes(instance: dg.DagsterInstance) -> list[AssetSuccess]:
    records = instance.get_asset_records(list(instance.all_asset_keys()))
    entries = [(record.asset_entry.asset_key, record.asset_entry.last_materialization) for record in records]
    return [
        AssetSuccess(
            key.to_user_string(),
            datetime.fromtimestamp(entry.timestamp, UTC),
            entry.dagster_event.partition if entry.dagster_event else None,
        )
        for key, entry in entries
        if entry is not None
    ]


assets = [pipeline_runs]
sensors = [note_pipeline_runs]
