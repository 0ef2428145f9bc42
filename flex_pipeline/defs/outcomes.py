"""Outcomes: what really happened on planned days, which reports compare with the plans."""

from datetime import date

import dagster as dg

from flex_pipeline.defs import partitions
from flex_pipeline.defs.ingestion import FEED_NAMES
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.planning.outcomes import note_outcomes


@dg.asset(
    group_name="reporting",
    kinds={"postgres"},
    partitions_def=partitions.dates,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=["schedules", "repaired_readings", *FEED_NAMES],
    metadata={"dagster/table_name": "flex.site_outcome"},
)
def outcomes(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> None:
    """Prices, fixed flows and meters as they came, the band of the forecasts, and what else devices might have done.

    One row per step of each planned site and metered device. Read by the reports; made again after late readings.
    """
    for key in context.partition_keys:
        planned = note_outcomes(
            pipeline.warehouse.engine, pipeline.portfolio, date.fromisoformat(key), pipeline.now()
        )
        context.add_asset_metadata({"site_days": planned}, partition_key=key)


assets = [outcomes]
