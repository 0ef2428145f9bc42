"""Forecasting: what a day's plans need and nobody knows yet, and the models that tell it."""

from collections.abc import Callable, Sequence
from datetime import date

import dagster as dg

from flex_pipeline.defs import partitions
from flex_pipeline.defs.forecast_metadata import fan_chart, forecasts_table, table, trainings_table
from flex_pipeline.defs.ingestion import FEED_NAMES
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.planning.model_verdicts import Told, drifted, lost_to_the_naive
from flex_pipeline.warehouse.forecasts import read_forecast_runs

# A plan is made with what was measured on the days before; on the first day there is nothing before.
EARLIER = dg.TimeWindowPartitionMapping(
    start_offset=-1, end_offset=0, allow_nonexistent_upstream_partitions=True
)
# Its own week of models, which learn from values of long before; before the first Tuesday there is none.
ITS_WEEK = dg.TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)
# pictures of a run: one takes a third of a second
MOST_PICTURES = 7


@dg.asset(
    group_name="forecasting",
    kinds={"scikitlearn", "postgres"},
    partitions_def=partitions.weeks,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=["portfolio"],
    metadata={"dagster/table_name": "flex.trained_model"},
)
def trained_models(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> None:
    """The models of a week of dates: those that are due by its first planning time, from what was believed then.

    A model that is there already, and would learn from the same values, is kept. One that is no better than the
    one before, on days that neither has learnt from, is not used. Read by forecasts.
    """
    desk = pipeline.forecasts
    for key in context.partition_keys:
        origin = pipeline.portfolio.settings.planned_at(date.fromisoformat(key))
        if origin > pipeline.now():
            raise dg.Failure(f"models of the week of {key} are trained at {origin:%Y-%m-%d %H:%M} UTC")
        trained = desk.models.refresh(desk.sensors, origin, pipeline.now())
        context.add_asset_metadata(
            {
                "trained": len(trained),
                "used": sum(model.document is not None for model in trained),
                "cpu_s": round(sum(model.cpu_s for model in trained), 1),
                "models": trainings_table(trained),
            },
            partition_key=key,
        )
    _fail_on(desk.failures)


@dg.asset(
    group_name="forecasting",
    kinds={"scikitlearn", "postgres"},
    partitions_def=partitions.dates,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[
        "data_quality",
        "repaired_readings",
        *(dg.AssetDep(feed, partition_mapping=EARLIER) for feed in FEED_NAMES),
        dg.AssetDep(trained_models, partition_mapping=ITS_WEEK),
    ],
    metadata={"dagster/table_name": "flex.belief"},
)
def forecasts(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> None:
    """Quantile forecasts as of the planning time: beliefs of a forecaster. Read by plans and accuracy reports.

    By the models that were due last before the planning time; one that is not there is trained, as of then.
    """
    desk, keys = pipeline.forecasts, context.partition_keys
    for key in keys:
        day = date.fromisoformat(key)
        done = desk.forecast(day, pipeline.now())
        metadata: dict[str, dg.MetadataValue | int] = {
            "sensors": len(done),
            "forecast_anew": sum(forecast.new for forecast in done),
            "models": forecasts_table(done),
        }
        if done and len(keys) <= MOST_PICTURES:
            metadata["plot"] = fan_chart(pipeline.warehouse.engine, pipeline.portfolio, done, day)
        context.add_asset_metadata(metadata, partition_key=key)
    _fail_on(desk.failures)


def _fail_on(failures: list[str]) -> None:
    """Fail the run, with what could not be done; the rest is stored."""
    if failures:
        told, failures[:] = "\n".join(failures), []
        raise dg.Failure(told, allow_retries=False)


@dg.asset_check(
    asset=forecasts,
    description="Every sensor with six weeks of history is forecast by a trained model that beats the value of a week "
    "ago on held-out days. Names those for which none did, and the rule that is used instead.",
)
def beats_the_naive(
    context: dg.AssetCheckExecutionContext, pipeline: PipelineResource
) -> dg.AssetCheckResult:
    columns = ("date", "sensor", "ladder_step", "mae", "mae_naive", "reason")
    return _verdict(context, pipeline, lost_to_the_naive, columns)


@dg.asset_check(
    asset=forecasts,
    description="No model errs over 14 days by more than 1.25 times what it did when it was trained, and by more than "
    "harder days explain. Names those that do, and what came of training them anew.",
)
def no_drift(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> dg.AssetCheckResult:
    columns = ("date", "sensor", "recent_mae", "recent_mae_naive", "mae", "mae_naive", "decision")
    return _verdict(context, pipeline, drifted, columns)


def _verdict(
    context: dg.AssetCheckExecutionContext,
    pipeline: PipelineResource,
    judge: Callable[[Sequence[Told]], list[Told]],
    columns: Sequence[str],
) -> dg.AssetCheckResult:
    with pipeline.warehouse.engine.connect() as session:
        days = [date.fromisoformat(key) for key in context.partition_keys]
        runs = read_forecast_runs(session, days)
    found = judge(runs)
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "forecasts": len(runs),
            "sensors": len({row["sensor"] for row in found}),
            "which": table(found, columns),
        },
    )


assets = [trained_models, forecasts]
checks = [beats_the_naive, no_drift]
