"""What happens by itself: tomorrow is planned after its prices are out, what is over is measured, failures are told."""

import json
import os
import urllib.request
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from flex_pipeline.defs import partitions
from flex_pipeline.defs.partitions import PARTITION_TAG, RANGE_END_TAG, RANGE_START_TAG
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.planning import configuration
from flex_pipeline.planning.arrivals import merged
from flex_pipeline.planning.horizon import last_in_full
from flex_pipeline.planning.lateness import compared_with_them, days_with_late_readings
from flex_pipeline.planning.training_times import first_of_week
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.recording import reading_time

WEBHOOK_LIMIT_S = 10

READ = dg.AssetSelection.groups("ingestion", "quality") - dg.AssetSelection.assets("portfolio")

# all that has the dimension date; plans follow with their devices
daily = dg.define_asset_job("daily", selection=READ | dg.AssetSelection.assets("forecasts"))
# once a day is over: read again, as meter values come late, and compared with what was forecast
measured = dg.define_asset_job("measured", selection=READ | dg.AssetSelection.assets("forecast_accuracy"))
hindsight = dg.define_asset_job(
    "hindsight", selection=dg.AssetSelection.assets("perfect_foresight_schedules")
)
training = dg.define_asset_job("training", selection=dg.AssetSelection.assets("trained_models"))
plans = dg.define_asset_job("plans", selection=dg.AssetSelection.assets("schedules"))
reports = dg.define_asset_job("reports", selection=dg.AssetSelection.groups("reporting"))
# what is told of a day that is over, where its readings have changed since
corrected = dg.define_asset_job(
    "corrected",
    selection=dg.AssetSelection.assets("data_quality", "repaired_readings", "forecast_accuracy")
    | dg.AssetSelection.groups("reporting"),
)


@dg.schedule(
    job=daily,
    cron_schedule="20 13 * * *",
    execution_timezone="Europe/Amsterdam",
    description="Reads and forecasts tomorrow after the day-ahead prices are published at 13:00; plans follow.",
)
def plan_tomorrow(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    today = context.scheduled_execution_time.date()
    # today again: its meter values have come in meanwhile, and forecasts start from them
    for day in (today, today + timedelta(days=1)):
        yield dg.RunRequest(run_key=f"daily-{day}-{today}", partition_key=day.isoformat())


@dg.schedule(
    job=measured,
    cron_schedule="0 6 * * *",
    execution_timezone="Europe/Amsterdam",
    description="Reads yesterday once more and measures its forecasts; what their errors cost follows.",
)
def measure_yesterday(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    today = context.scheduled_execution_time.date()
    yesterday = today - timedelta(days=1)
    yield dg.RunRequest(run_key=f"measured-{yesterday}-{today}", partition_key=yesterday.isoformat())


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[daily],
    request_jobs=[plans],
    description="Plans all devices of the portfolio for a day once its data are read and forecast.",
)
def plan_what_was_forecast(context: dg.RunStatusSensorContext) -> Iterator[dg.RunRequest]:
    day = context.dagster_run.tags.get(PARTITION_TAG)
    if day:
        yield from _of_all_devices(context, configuration.load(), plans.name, day, day)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[measured],
    request_jobs=[hindsight],
    description="Compares the plans whose look-ahead is measured now with perfect foresight.",
)
def compare_what_was_measured(context: dg.RunStatusSensorContext) -> Iterator[dg.RunRequest]:
    day = context.dagster_run.tags.get(PARTITION_TAG)
    if day:
        portfolio, measured = configuration.load(), date.fromisoformat(day)
        before, last = (
            last_in_full(portfolio.settings, over) for over in (measured - timedelta(days=1), measured)
        )
        if last > before:
            first = before + timedelta(days=1)
            yield from _of_all_devices(
                context, portfolio, hindsight.name, first.isoformat(), last.isoformat()
            )


@dg.sensor(
    job=corrected,
    minimum_interval_seconds=900,
    description="Judges, measures and reports days again whose readings came or were corrected since, of the last 60.",
)
def late_readings(context: dg.SensorEvaluationContext, pipeline: PipelineResource) -> dg.SensorResult:
    until = reading_time(pipeline.warehouse.engine)
    since = datetime.fromisoformat(context.cursor) if context.cursor else datetime.min.replace(tzinfo=UTC)
    days = days_with_late_readings(
        pipeline.warehouse.engine, pipeline.portfolio, since, until, pipeline.now()
    )
    spans = merged(((day, day) for day in days), within=(date.min, date.max))
    requests = [
        dg.RunRequest(
            run_key=f"{until.isoformat()}:{first}",
            tags=partitions.between(first.isoformat(), last.isoformat()),
        )
        for first, last in spans
    ]
    return dg.SensorResult(run_requests=requests, cursor=until.isoformat())


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[corrected],
    request_jobs=[hindsight],
    description="Compares plans with perfect foresight again where the readings of their horizon have changed.",
)
def compare_what_was_corrected(
    context: dg.RunStatusSensorContext, pipeline: PipelineResource
) -> Iterator[dg.RunRequest]:
    tags = context.dagster_run.tags
    ends = [date.fromisoformat(tags[tag]) for tag in (RANGE_START_TAG, RANGE_END_TAG) if tag in tags]
    if ends:
        days = [ends[0] + timedelta(days=i) for i in range((ends[-1] - ends[0]).days + 1)]
        compared = compared_with_them(pipeline.warehouse.engine, days)
        for day, devices in sorted(compared.items()):
            yield from _of_devices(context, devices, hindsight.name, day.isoformat(), day.isoformat())


def _of_all_devices(
    context: dg.RunStatusSensorContext, portfolio: Portfolio, job: str, first: str, last: str
) -> Iterator[dg.RunRequest]:
    yield from _of_devices(context, {device.device_id for device in portfolio.devices}, job, first, last)


def _of_devices(
    context: dg.RunStatusSensorContext, devices: Collection[str], job: str, first: str, last: str
) -> Iterator[dg.RunRequest]:
    known = context.instance.get_dynamic_partitions(partitions.DEVICES)
    for i, tags in enumerate(partitions.devices_on(first, known, devices, last)):
        run_key = f"{context.dagster_run.run_id}-{first}-{i}"
        yield dg.RunRequest(run_key=run_key, job_name=job, tags=tags)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[daily],
    request_jobs=[training],
    description="Trains what is due for a week once its first day is read and forecast, or was and has changed since.",
)
def train_for_the_week(context: dg.RunStatusSensorContext) -> Iterator[dg.RunRequest]:
    key = context.dagster_run.tags.get(PARTITION_TAG)
    # forecasts have trained what they needed: this looks whether it is what the values of now would teach
    if key and first_of_week(date.fromisoformat(key)).isoformat() == key:
        yield dg.RunRequest(run_key=context.dagster_run.run_id, job_name=training.name, partition_key=key)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[plans, hindsight],
    request_jobs=[reports],
    description="Reports on days that were planned, or compared with perfect foresight, and on the day before them.",
)
def report_what_was_planned(context: dg.RunStatusSensorContext) -> Iterator[dg.RunRequest]:
    tags = context.dagster_run.tags
    keys = [tags[tag] for tag in (RANGE_START_TAG, RANGE_END_TAG) if tag in tags]
    if keys:
        days = [date.fromisoformat(partitions.date_of(key)) for key in keys]
        # the day before again: it is measured in full by now
        first = max(min(days) - timedelta(days=1), date.fromisoformat(partitions.FIRST_DATE))
        yield dg.RunRequest(
            run_key=context.dagster_run.run_id,
            job_name=reports.name,
            tags=partitions.between(first.isoformat(), max(days).isoformat()),
        )


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Posts each failed run as JSON to FLEX_ALERT_WEBHOOK; does nothing where that is not set.",
)
def alert_on_failure(context: dg.RunFailureSensorContext) -> None:
    url = os.environ.get("FLEX_ALERT_WEBHOOK")
    if not url:
        return
    run = context.dagster_run
    steps = [event.step_key for event in context.get_step_failure_events() if event.step_key]
    message = {
        "run_id": run.run_id,
        "job": run.job_name,
        "partition": run.tags.get(PARTITION_TAG) or run.tags.get(RANGE_START_TAG),
        "steps": steps,
        "reason": _reason(context),
    }
    request = urllib.request.Request(
        url, json.dumps(message).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=WEBHOOK_LIMIT_S) as answer:
        context.log.info(f"told {url.split('?')[0].split('@')[-1]}: {answer.status}")


def _reason(context: dg.RunFailureSensorContext) -> str:
    """What the failed step itself said, or the run where no step did."""
    for event in context.get_step_failure_events():
        failure = event.step_failure_data
        if failure.user_failure_data and failure.user_failure_data.description:
            return failure.user_failure_data.description
        if failure.error:
            return (failure.error.cause or failure.error).message.strip()
    return context.failure_event.message or "unknown"


jobs = [daily, training, plans, measured, hindsight, reports, corrected]
schedules = [plan_tomorrow, measure_yesterday]
sensors = [
    train_for_the_week,
    plan_what_was_forecast,
    compare_what_was_measured,
    late_readings,
    compare_what_was_corrected,
    report_what_was_planned,
    alert_on_failure,
]
