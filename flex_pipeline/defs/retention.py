"""Retention: what the portfolio no longer wants kept is taken away once a week."""

from datetime import UTC

import dagster as dg

from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.warehouse.retention import expire, expire_models


@dg.op(
    description="Thins and drops old months of beliefs, and forgets old models, as `retention` in the settings says."
)
def expire_beliefs(context: dg.OpExecutionContext, pipeline: PipelineResource) -> None:
    """Nothing happens where the settings name no retention."""
    today = pipeline.now().astimezone(UTC).date()
    engine, kept = pipeline.warehouse.engine, pipeline.portfolio.settings.retention
    for expired in expire(engine, kept, today):
        how = "dropped" if expired.dropped else "thinned"
        context.log.info(f"{expired.month:%Y-%m}: {how}, {expired.rows} beliefs are gone")
    context.log.info(f"{expire_models(engine, kept, today)} models have lost their document")


@dg.job(description="Forgets old beliefs and models.")
def retention() -> None:
    """Forget old beliefs and models."""
    expire_beliefs()


jobs = [retention]
schedules = [dg.ScheduleDefinition("forget_old_beliefs", job=retention, cron_schedule="0 4 * * 0")]
