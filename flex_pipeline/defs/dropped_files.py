"""Files that other programs drop: each is taken in once, and the days it is about are read again."""

from collections.abc import Sequence
from datetime import date, datetime

import dagster as dg

from flex_pipeline.defs import partitions
from flex_pipeline.defs.ingestion import feed_of
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.planning.arrivals import Delivery, deliveries, merged
from flex_pipeline.sources.dropped_folder import Arrival, Refusal

read_again = dg.define_asset_job(
    "read_again",
    selection=dg.AssetSelection.groups("ingestion", "quality") - dg.AssetSelection.assets("portfolio"),
)


@dg.sensor(
    job=read_again,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def dropped_files(context: dg.SensorEvaluationContext, pipeline: PipelineResource) -> dg.SensorResult:
    """Takes in files from dropped folders, and reads and checks the days they are about."""
    portfolio = pipeline.portfolio
    since = datetime.fromisoformat(context.cursor) if context.cursor else None
    came = deliveries(portfolio.sensors.values(), portfolio.folder, pipeline.now(), since)
    accepted = [delivery.file for delivery in came if isinstance(delivery.file, Arrival)]
    for delivery in came:
        if isinstance(delivery.file, Refusal):
            context.log.error(f"{delivery.file.name} is in quarantine: {delivery.file.reason}")
    cursor = max((file.came for file in accepted), default=since)
    return dg.SensorResult(
        run_requests=_requests(came, cursor),
        asset_events=[event for delivery in came for event in _events(delivery)],
        cursor=cursor.isoformat() if cursor else None,
    )


def _requests(came: Sequence[Delivery], cursor: datetime | None) -> list[dg.RunRequest]:
    """A run for each span of days that files are about, of the feeds that read them."""
    feeds = {feed_of(sensor) for delivery in came for sensor in delivery.sensors}
    keys = partitions.dates.get_partition_keys()
    every_day = (date.fromisoformat(keys[0]), date.fromisoformat(keys[-1]))
    spans = merged((span for delivery in came for span in delivery.spans()), within=every_day)
    return [
        dg.RunRequest(
            run_key=f"{cursor}:{first}",
            tags=partitions.between(first.isoformat(), last.isoformat()),
            asset_selection=[
                dg.AssetKey(name) for name in (*sorted(feeds), "data_quality", "repaired_readings")
            ],
        )
        for first, last in spans
    ]


def _events(delivery: Delivery) -> list[dg.AssetObservation]:
    """A refusal shows on the feeds that lack the file."""
    if not isinstance(delivery.file, Refusal):
        return []
    feeds = {feed_of(sensor) for sensor in delivery.sensors}
    metadata = {"quarantined": delivery.file.path.name, "reason": delivery.file.reason}
    return [dg.AssetObservation(asset_key=feed, metadata=metadata) for feed in sorted(feeds)]


jobs = [read_again]
sensors = [dropped_files]
