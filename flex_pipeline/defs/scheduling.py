"""Scheduling: the plan of each device for each day, solved together with all that share its connection."""

from collections.abc import Container, Iterable

import dagster as dg

from flex_pipeline.defs import partitions
from flex_pipeline.defs.forecasting import forecasts
from flex_pipeline.defs.plan_metadata import describe
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.planning.planner import Outcome
from flex_pipeline.warehouse.plans import read_device_days

KEY = dg.AssetKey("schedules")
CHECK = "planned"

# The stock that the day before leaves; the first day has none before it.
DAY_BEFORE = dg.MultiPartitionMapping(
    {
        "date": dg.DimensionPartitionMapping(
            "date",
            dg.TimeWindowPartitionMapping(
                start_offset=-1, end_offset=-1, allow_nonexistent_upstream_partitions=True
            ),
        ),
        "device": dg.DimensionPartitionMapping("device", dg.IdentityPartitionMapping()),
    }
)


@dg.asset(
    group_name="scheduling",
    kinds={"pyomo", "highs", "postgres"},
    partitions_def=partitions.device_days,
    # one process for any selection: a device's days depend on each other
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[forecasts, "data_quality", dg.AssetDep(KEY, partition_mapping=DAY_BEFORE)],
    metadata={"dagster/table_name": "flex.schedule"},
)
def schedules(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> None:
    """The power to run at and the state of charge it leads to: one row per device and step of the day.

    Read by operators through `flex.current_schedule`, and by the cost and headroom reports. Whichever devices are
    selected, their whole site is planned; the same inputs are never solved twice.
    """
    selected = set(context.partition_keys)
    sites = {partitions.day_and_site(key) for key in selected}
    blocked: list[Outcome] = []
    for day in sorted({day for day, _ in sites}):  # the stock carries over: one date after the other
        at = sorted(site_id for other, site_id in sites if other == day)
        for outcome in pipeline.planner.plan_all(at, day, pipeline.now()):
            context.log.info(f"{day} {outcome.site_id}: {outcome.how}, {outcome.status}")
            blocked += [outcome] if outcome.how == "blocked" else []
            _materialised(context, pipeline, outcome, selected)
    if blocked:
        raise dg.Failure(
            "\n".join(f"{outcome.day} {outcome.site_id}: {outcome.reason}" for outcome in blocked),
            allow_retries=False,
        )


def _materialised(
    context: dg.AssetExecutionContext, pipeline: PipelineResource, outcome: Outcome, selected: Container[str]
) -> None:
    """Tell of each device of a planned site-day, also of those that were not selected."""
    for device_id, metadata in describe(pipeline.warehouse.engine, pipeline.portfolio, outcome).items():
        key = str(dg.MultiPartitionKey({"date": outcome.day.isoformat(), "device": device_id}))
        if key in selected:
            context.add_asset_metadata(metadata, partition_key=key)
        else:
            context.log_event(dg.AssetMaterialization(KEY, partition=key, metadata=metadata))


@dg.asset_check(
    asset=schedules,
    name=CHECK,
    description="Every selected device has a plan that keeps all hard limits; names those that have not, and why.",
)
def planned(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> dg.AssetCheckResult:
    rows = []
    with pipeline.warehouse.engine.connect() as session:
        for day, site_id in sorted({partitions.day_and_site(key) for key in context.partition_keys}):
            rows += [row | {"date": day.isoformat()} for row in read_device_days(session, site_id, day)]
    bad = [
        row | {"reason": row["diagnosis"] or row["reason"]}
        for row in rows
        if row["status"] not in ("optimal", "feasible")
    ]
    return dg.AssetCheckResult(
        passed=not bad,
        metadata={"plans": len(rows), "without_plan": len(bad), "devices": _table(bad)},
    )


def _table(rows: Iterable[dict[str, object]]) -> dg.TableMetadataValue:
    names = ("date", "device_id", "status", "reason")
    records = [dg.TableRecord({name: str(row[name]) for name in names}) for row in rows]
    return dg.MetadataValue.table(
        records, schema=dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in names])
    )


assets = [schedules]
checks = [planned]
