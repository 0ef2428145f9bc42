"""Scheduling: the plan of each device for each day, solved together with all that share its connection."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from flex_pipeline.defs import partitions
from flex_pipeline.defs.forecasting import forecasts
from flex_pipeline.defs.plan_metadata import describe
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.planning.planner import Outcome
from flex_pipeline.warehouse.plans import read_device_days

KEY = dg.AssetKey("schedules")
CHECK = "planned"
# device-days of a run that are drawn: a picture takes 0.15 s, ten times as long as the plan itself
MOST_PICTURES = 24

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
    deps=[forecasts, "data_quality", "repaired_readings", dg.AssetDep(KEY, partition_mapping=DAY_BEFORE)],
    metadata={"dagster/table_name": "flex.schedule"},
)
def schedules(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> None:
    """The power to run at and the state of charge it leads to: one row per device and step of the day.

    Read by operators through `flex.current_schedule`, and by the cost and headroom reports. Whichever devices are
    selected, their whole site is planned; the same inputs are never solved twice.
    """
    selected = set(context.partition_keys)
    described: dict[str, Mapping[str, Any]] = {}
    blocked: list[Outcome] = []
    for outcome in _outcomes(pipeline, selected):
        context.log.info(f"{outcome.day} {outcome.site_id}: {outcome.how}, {outcome.status}")
        if outcome.how == "blocked":
            blocked.append(outcome)
        else:
            described |= _described(pipeline, outcome, pictures=len(selected) <= MOST_PICTURES)
    for key, metadata in described.items():
        if key in selected and not blocked:
            context.add_asset_metadata(metadata, partition_key=key)
        else:  # planned with others of its site; or in a run that fails, which tells of no partition by itself
            context.log_event(dg.AssetMaterialization(KEY, partition=key, metadata=metadata))
    if blocked:
        raise dg.Failure(
            "\n".join(f"{outcome.day} {outcome.site_id}: {outcome.reason}" for outcome in blocked),
            allow_retries=False,
        )


def _outcomes(pipeline: PipelineResource, selected: Iterable[str]) -> Iterator[Outcome]:
    """Plan the sites of some partitions; one date after the other, as the stock carries over."""
    sites: dict[date, set[str]] = {}
    for key in selected:
        day, site_id = partitions.day_and_site(key)
        sites.setdefault(day, set()).add(site_id)
    for day in sorted(sites):
        yield from pipeline.planner.plan_all(sorted(sites[day]), day, pipeline.now())


def _described(
    pipeline: PipelineResource, outcome: Outcome, *, pictures: bool
) -> dict[str, Mapping[str, Any]]:
    """What to tell of each partition of a planned site-day."""
    devices = describe(pipeline.warehouse.engine, pipeline.portfolio, outcome, pictures=pictures)
    return {partitions.key_of(outcome.day, device): metadata for device, metadata in devices.items()}


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
