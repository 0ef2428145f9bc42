"""Perfect foresight: what plans would have been, had all been known, and what the errors of forecasts cost."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from flex_pipeline.defs import partitions
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.defs.scheduling import schedules
from flex_pipeline.warehouse.forecast_value import read_values

KEY = dg.AssetKey("perfect_foresight_schedules")
CHECK = "compared"
MONEY = ("planned_cost", "perfect_cost", "regret", "expected_cost", "departed_kwh", "reason")


@dg.asset(
    group_name="scheduling",
    kinds={"pyomo", "highs", "postgres"},
    partitions_def=partitions.device_days,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[schedules, "repaired_readings"],
    metadata={"dagster/table_name": "flex.perfect_schedule"},
)
def perfect_foresight_schedules(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> None:
    """What each device had best done, had all been known that was measured later: one row per device and step.

    The yardstick of `flex.forecast_value`, one row a plan: what the errors of its forecasts cost. Materialise a date
    when the look-ahead of its plans is over and measured.
    """
    selected = set(context.partition_keys)
    sites: dict[date, set[str]] = {}
    for day, site_id in map(partitions.day_and_site, selected):
        sites.setdefault(day, set()).add(site_id)
    for day in sorted(sites):
        pipeline.hindsight.compare(sorted(sites[day]), day, pipeline.now())
        for key, metadata in _described(pipeline, sites[day], day):
            if key in selected:
                context.add_asset_metadata(metadata, partition_key=key)
            else:  # compared with others of its site
                context.log_event(dg.AssetMaterialization(KEY, partition=key, metadata=metadata))


def _described(
    pipeline: PipelineResource, sites: set[str], day: date
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What to tell of each partition: the value of its site's forecasts."""
    with pipeline.warehouse.engine.connect() as session:
        for site in (pipeline.portfolio.site_by_id.get(site_id) for site_id in sorted(sites)):
            for value in read_values(session, site.site_id, day) if site else ():
                metadata = {f"site_{name}": value[name] for name in MONEY if value[name] is not None}
                for device in site.devices if site else ():
                    yield partitions.key_of(day, device.device_id), metadata


@dg.asset_check(
    asset=perfect_foresight_schedules,
    name=CHECK,
    description="Every selected plan could be compared with perfect foresight; names those that could not, and why.",
)
def compared(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> dg.AssetCheckResult:
    """Reads back what is stored of the plans in force."""
    without: dict[str, str] = {}
    days = sorted({partitions.day_and_site(key) for key in context.partition_keys})
    with pipeline.warehouse.engine.connect() as session:
        for day, site_id in days:
            found = read_values(session, site_id, day)
            reason = found[0]["reason"] if found else "the plan in force was made after the comparison"
            if reason:
                without[f"{day} {site_id}"] = reason
    return dg.AssetCheckResult(
        passed=not without,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"plans": len(days), "without_value": len(without), "reasons": without},
    )


assets = [perfect_foresight_schedules]
checks = [compared]
