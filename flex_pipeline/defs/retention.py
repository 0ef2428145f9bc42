"""Retention: what the portfolio no longer wants kept is taken away once a week."""

from datetime import UTC

import dagster as dg

from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.warehouse.retention import expire


@dg.op(description="Thins and drops old months of beliefs, as `retention` in the portfolio's settings says.")
def expire_beliefs(context: dg.OpExecutionContext, pipeline: PipelineResource) -> None:
    """Nothing happens where the settings name no retention."""
    today = pipeline.now().astimezone(UTC).date()
    for expired in expire(pipeline.warehouse.engine, pipeline.portfolio.settings.retention, today):
        how = "dropped" if expired.dropped else "thinned"
        context.log.info(f"{expired.month:%Y-%m}: {how}, {expired.rows} beliefs are gone")


@dg.job(description="Forgets old beliefs.")
def retention() -> None:
    """Forget old beliefs."""
    expire_beliefs()


jobs = [retention]
schedules = [dg.ScheduleDefinition("forget_old_beliefs", job=retention, cron_schedule="0 4 * * 0")]
