"""Reporting: the dbt models as assets, their tests as checks."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from flex_pipeline.defs import dbt_project, partitions
from flex_pipeline.defs.resources import WarehouseResource


class Translator(DagsterDbtTranslator):
    """Models are named by their schema; all are in the group reporting."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`reports/site_cost_daily`; sources say their asset themselves."""
        if dbt_resource_props["resource_type"] == "model":
            return dg.AssetKey(["reports", dbt_resource_props["name"]])
        return super().get_asset_key(dbt_resource_props)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """One group."""
        return "reporting"


# several tables come from one asset
TRANSLATOR = Translator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))


@dbt_assets(
    name="dbt_reports",
    manifest=dbt_project.manifest(),
    dagster_dbt_translator=TRANSLATOR,
    partitions_def=partitions.dates,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def reports(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """What the selected days cost and where there is headroom. Each run replaces exactly its days."""
    keys = context.partition_keys
    results = dbt_project.build(keys[0], keys[-1], warehouse.connection.dbt_environment)
    by_id = {result["id"]: result for result in results}
    for spec in context.assets_def.specs:
        result = by_id[spec.metadata["dagster_dbt/unique_id"]]
        yield dg.MaterializeResult(asset_key=spec.key, metadata={"seconds": result["seconds"]})
    for check in context.assets_def.check_specs:
        result = by_id[check.metadata["dagster_dbt/unique_id"]]
        yield dg.AssetCheckResult(
            asset_key=check.asset_key,
            check_name=check.name,
            passed=result["status"] == "pass",
            metadata={"failing_rows": result["failures"] or 0},
        )


assets = [reports]
