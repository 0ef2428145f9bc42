"""Forecasting: what a day's plans need and nobody knows yet."""

from datetime import date

import dagster as dg

from flex_pipeline.defs import partitions
from flex_pipeline.defs.ingestion import FEED_NAMES
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.planning.forecasts import Forecasted

# A plan is made with what was measured on the days before; on the first day there is nothing before.
EARLIER = dg.TimeWindowPartitionMapping(
    start_offset=-1, end_offset=0, allow_nonexistent_upstream_partitions=True
)


@dg.asset(
    group_name="forecasting",
    kinds={"scikitlearn", "postgres"},
    partitions_def=partitions.dates,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[
        "data_quality",
        "repaired_readings",
        *(dg.AssetDep(feed, partition_mapping=EARLIER) for feed in FEED_NAMES),
    ],
    metadata={"dagster/table_name": "flex.belief"},
)
def forecasts(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> None:
    """Quantile forecasts as of the planning time: beliefs of a forecaster. Read by plans and accuracy reports."""
    for key in context.partition_keys:
        done = pipeline.forecasts.forecast(date.fromisoformat(key), pipeline.now())
        context.add_asset_metadata(
            {
                "sensors": len(done),
                "forecast_anew": sum(forecast.new for forecast in done),
                "models": _table(done),
            },
            partition_key=key,
        )


def _table(done: tuple[Forecasted, ...]) -> dg.TableMetadataValue:
    """Which model was used for each sensor, why, and how it scored on held-out days."""
    records = [
        dg.TableRecord(
            {
                "sensor": forecast.sensor,
                "model": forecast.ladder_step,
                "reason": forecast.reason,
                **{name: "" if score is None else f"{score:.4g}" for name, score in forecast.scores.items()},
            }
        )
        for forecast in done
    ]
    names = ("sensor", "model", "reason", "mae", "mae_naive", "pinball", "coverage")
    return dg.MetadataValue.table(
        records, schema=dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in names])
    )


assets = [forecasts]
