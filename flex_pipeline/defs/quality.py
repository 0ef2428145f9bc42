"""Quality: Great Expectations over what a day's feed has stored, as a check of the feed."""

from collections.abc import Iterable
from datetime import date

import dagster as dg

from flex_pipeline.defs import partitions
from flex_pipeline.defs.ingestion import sensors_of
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.planning.checking import check
from flex_pipeline.quality.verdict import Verdict

CHECK = "valid"
EVIDENCE_ROWS = 50


def _check_of(feed: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=feed,
        name=CHECK,
        partitions_def=partitions.dates,
        description="Complete, unique, within range and plausible, sensor by sensor. A fault of a shared feed "
        "blocks the date, one of a sensor the devices that depend on it; the plans read the verdicts from "
        "flex.data_quality.",
    )
    def valid(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> dg.AssetCheckResult:
        engine, sensors = pipeline.warehouse.engine, sensors_of(feed, pipeline.portfolio)
        keys = context.partition_keys
        judged = {key: check(engine, sensors, date.fromisoformat(key), pipeline.now()) for key in keys}
        if len(keys) > 1:  # the result of a range has no date: each gets an evaluation of its own
            for key, verdicts in judged.items():
                result = _result(verdicts)
                context.instance.report_runless_asset_event(
                    dg.AssetCheckEvaluation(
                        asset_key=dg.AssetKey(feed),
                        check_name=CHECK,
                        passed=bool(result.passed),
                        severity=result.severity,
                        metadata=result.metadata,
                        partition=key,
                    )
                )
        return _result([verdict for verdicts in judged.values() for verdict in verdicts])

    return valid


def _result(verdicts: Iterable[Verdict]) -> dg.AssetCheckResult:
    failed = [verdict for verdict in verdicts if not verdict.passed]
    blocking = any(verdict.severity == "error" for verdict in failed)
    return dg.AssetCheckResult(
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
        metadata={
            "failed_expectations": len(failed),
            "sensors_at_fault": ", ".join(sorted({verdict.sensor for verdict in failed})) or "none",
            "faults": _table(failed),
        },
    )


def _table(failed: list[Verdict]) -> dg.TableMetadataValue:
    """The faults with their failing rows, worst first."""
    columns = ("date", "sensor", "expectation", "severity", "observed", "rows")
    records = [
        dg.TableRecord(
            {
                "date": verdict.day.isoformat(),
                "sensor": verdict.sensor,
                "expectation": verdict.expectation,
                "severity": verdict.severity,
                "observed": verdict.observed,
                "rows": "; ".join(f"{row['event_start']}: {row['value']}" for row in verdict.rows[:5]),
            }
        )
        for verdict in sorted(failed, key=lambda verdict: verdict.severity)[:EVIDENCE_ROWS]
    ]
    schema = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in columns])
    return dg.MetadataValue.table(records, schema=schema)


checks = [_check_of(feed) for feed in ("prices", "weather", "sensor_readings")]
