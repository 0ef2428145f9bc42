"""Quality: Great Expectations over what a day's feeds have stored, and its verdicts as checks of the feeds."""

from collections.abc import Mapping, Sequence
from datetime import date

import dagster as dg
from sqlalchemy import Row

from flex_pipeline.defs import partitions
from flex_pipeline.defs.ingestion import FEED_NAMES, sensors_of
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.planning.checking import check
from flex_pipeline.planning.repairing import repair_day
from flex_pipeline.quality.verdict import Verdict
from flex_pipeline.warehouse.verdicts import read_verdicts

CHECK = "valid"
EVIDENCE_ROWS = 50
COLUMNS = ("date", "sensor", "expectation", "severity", "observed", "rows")


@dg.asset(
    group_name="quality",
    kinds={"postgres"},
    partitions_def=partitions.dates,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=list(FEED_NAMES),
    metadata={"dagster/table_name": "flex.data_quality"},
)
def data_quality(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> None:
    """The verdict of each expectation on each sensor and day, with the failing rows.

    Read by plans: a fault of a shared feed blocks the date, one of a sensor the devices that depend on it.
    """
    sensors = list(pipeline.portfolio.sensors.values())
    for key in context.partition_keys:
        verdicts = check(
            pipeline.warehouse.engine, sensors, date.fromisoformat(key), pipeline.now(), pipeline.portfolio
        )
        failed = [verdict for verdict in verdicts if not verdict.passed]
        context.add_asset_metadata(
            {
                "expectations": len(verdicts),
                "failed": len(failed),
                "sensors_at_fault": len({verdict.sensor for verdict in failed}),
            },
            partition_key=key,
        )


@dg.asset(
    group_name="quality",
    kinds={"postgres"},
    partitions_def=partitions.dates,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[data_quality],
    metadata={"dagster/table_name": "flex.belief"},
)
def repaired_readings(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> None:
    """What stands in for missing and faulty readings: beliefs of a rule of repair, beside the readings.

    Read by forecasts and plans, which say so. What the policy of a sensor cannot fill in blocks its devices.
    """
    for key in context.partition_keys:
        done = repair_day(
            pipeline.warehouse.engine, pipeline.portfolio, date.fromisoformat(key), pipeline.now()
        )
        for verdict in done.verdicts:
            context.log.warning(f"{key} {verdict.sensor}: {verdict.observed}")
        context.add_asset_metadata(
            {
                "dagster/partition_row_count": dg.MetadataValue.int(done.values.height),
                "sensors": len(done.verdicts),
                "sensors_left_with_gaps": sum(not verdict.passed for verdict in done.verdicts),
                "repairs": _repairs(done.verdicts),
            },
            partition_key=key,
        )


def _repairs(verdicts: Sequence[Verdict]) -> dg.TableMetadataValue:
    records = [
        dg.TableRecord({"sensor": verdict.sensor, "repaired": verdict.observed})
        for verdict in verdicts[:EVIDENCE_ROWS]
    ]
    schema = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in ("sensor", "repaired")])
    return dg.MetadataValue.table(records, schema=schema)


def _check_of(feed: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=feed,
        name=CHECK,
        partitions_def=partitions.dates,
        additional_deps=[data_quality, repaired_readings],
        description="Complete, unique, within range and plausible, sensor by sensor, by the stored verdicts.",
    )
    def valid(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> dg.AssetCheckResult:
        names = [sensor.name for sensor in sensors_of(feed, pipeline.portfolio)]
        with pipeline.warehouse.engine.connect() as session:
            stored = {
                key: read_verdicts(session, names, date.fromisoformat(key)) for key in context.partition_keys
            }
        if len(stored) > 1:  # the result of a range has no date: each gets an evaluation of its own
            for key, rows in stored.items():
                _report(context.instance, feed, key, _result({key: rows}))
        return _result(stored)

    return valid


def _report(instance: dg.DagsterInstance, feed: str, key: str, result: dg.AssetCheckResult) -> None:
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(feed),
            check_name=CHECK,
            passed=bool(result.passed),
            severity=result.severity,
            metadata=result.metadata,
            partition=key,
        )
    )


def _result(stored: Mapping[str, Sequence[Row[tuple[object, ...]]]]) -> dg.AssetCheckResult:
    failed = [(key, row) for key, rows in stored.items() for row in rows if not row.passed]
    blocking = any(row.severity == "error" for _, row in failed)
    return dg.AssetCheckResult(
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
        metadata={
            "failed_expectations": len(failed),
            "sensors_at_fault": ", ".join(sorted({row.sensor for _, row in failed})) or "none",
            "faults": _table(failed),
        },
    )


def _table(failed: list[tuple[str, Row[tuple[object, ...]]]]) -> dg.TableMetadataValue:
    """The faults with their failing rows, worst first."""
    records = [
        dg.TableRecord(
            {
                "date": key,
                "sensor": row.sensor,
                "expectation": row.expectation,
                "severity": row.severity,
                "observed": row.observed,
                "rows": "; ".join(
                    f"{failing['event_start']}: {failing['value']}" for failing in row.rows[:5]
                ),
            }
        )
        for key, row in sorted(failed, key=lambda fault: fault[1].severity)[:EVIDENCE_ROWS]
    ]
    schema = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in COLUMNS])
    return dg.MetadataValue.table(records, schema=schema)


assets = [data_quality, repaired_readings]
checks = [_check_of(feed) for feed in FEED_NAMES]
