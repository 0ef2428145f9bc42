"""Reporting: the dbt models as assets, their tests as checks."""

from collections.abc import Iterator

import dagster as dg

from flex_pipeline.defs import dbt_project, partitions
from flex_pipeline.defs.dbt_models import Models
from flex_pipeline.defs.dbt_project import NodeResult
from flex_pipeline.defs.resources import WarehouseResource

MODELS = Models(dbt_project.manifest(), group="reporting")


@dg.multi_asset(
    name="dbt_reports",
    specs=[*MODELS.assets.values()],
    check_specs=[*MODELS.checks.values()],
    partitions_def=partitions.dates,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def reports(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """What the selected days cost and where there is headroom. Each run replaces exactly its days."""
    days = context.partition_keys
    results = dbt_project.build(days[0], days[-1], warehouse.connection.dbt_environment)
    for result in results:
        if result.status == "success" and result.unique_id in MODELS.assets:
            yield _materialised(result, days)
        elif result.unique_id in MODELS.checks and result.status != "skipped":
            yield _checked(result)
    if failed := [str(result) for result in results if result.failed]:
        raise dg.Failure("\n".join(failed))


def _materialised(result: NodeResult, days: list[str]) -> dg.MaterializeResult[None]:
    metadata: dict[str, float | int] = {"seconds": result.seconds}
    if result.rows is not None and len(days) == 1:  # the rows of a range are not those of each of its days
        metadata["dagster/partition_row_count"] = result.rows
    return dg.MaterializeResult(MODELS.assets[result.unique_id].key, metadata=metadata)


def _checked(result: NodeResult) -> dg.AssetCheckResult:
    check = MODELS.checks[result.unique_id]
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=result.status == "pass",
        metadata={
            "failing_rows": result.failing_rows or 0,
            "query": dg.MetadataValue.md(f"```sql\n{result.query}\n```"),
        },
    )


assets = [reports]
