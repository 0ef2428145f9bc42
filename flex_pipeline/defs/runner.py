"""Many dates in one process: a Dagster run a date and stage, where a run costs a second and not ten."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
from dagster_postgres.utils import DagsterPostgresException
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from flex_pipeline.defs import instance as dagster_instance
from flex_pipeline.defs import partitions, summary
from flex_pipeline.defs.ingestion import FEED_NAMES, backfill_of
from flex_pipeline.defs.run_notes import STAGE_TAG, note_runs
from flex_pipeline.planning.horizon import last_in_full
from flex_pipeline.planning.training_times import first_of_week
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.beliefs import lacks_readings
from flex_pipeline.warehouse.connection import ServerError
from flex_pipeline.warehouse.database import engine, migrate
from flex_pipeline.warehouse.resolve import resolve

# What forecasts can begin with: the longest step of the ladder asks for six weeks, and two for its lags. Models learn
# from all that has been read, up to four years.
HISTORY = timedelta(days=56)

# the event log has it all; what failed is told at the end
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

# a pipe says nothing of its width; the table needs this much
console = Console(width=None if sys.stdout.isatty() else 100)


@dataclass
class Runner:
    """Launches runs in this process, and remembers what failed and what took how long."""

    job: dg.JobDefinition
    instance: dg.DagsterInstance
    failures: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def run(
        self, stage: str, assets: Sequence[dg.AssetKey], tags: dict[str, str], checks: bool = True
    ) -> bool:
        """One run of some assets over the partitions in `tags`."""
        began = time.monotonic()
        selected = self.job.get_subset(
            asset_selection=set(assets), asset_check_selection=None if checks else set()
        )
        result = selected.execute_in_process(
            instance=self.instance,
            tags={**tags, STAGE_TAG: stage},
            run_config=QUIET,
            raise_on_error=False,
        )
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - began
        if not result.success:
            self.failures += [f"{stage}: {why}" for why in _reasons(result)]
        return bool(result.success)


def materialise(
    definitions: dg.Definitions,
    portfolio: Portfolio,
    first: date,
    last: date,
    devices: Sequence[str] | None,
) -> bool:
    """Everything for the local dates from `first` to `last`: read, judge, forecast, plan, report.

    `devices`: only these, with their sites. False when a run failed; the others are done all the same.
    """
    with _step("PostgreSQL"):
        connection = resolve()
        migrate(connection)
    home = dagster_instance.prepare(connection)
    with _server_watched(), dg.DagsterInstance.from_config(str(home)) as instance:
        runner = Runner(definitions.resolve_implicit_global_asset_job_def(), instance)
        with _step(f"portfolio: {len(portfolio.sites)} sites, {len(portfolio.devices)} devices"):
            runner.run("portfolio", [dg.AssetKey("portfolio")], {})
        _read_history(runner, engine(connection), first)
        days, trained = list(_days(first, last)), set[date]()
        with backfill_of(days):
            for day in days:
                with _step(f"{day}: read, judge, forecast, plan"):
                    _materialise_day(runner, portfolio, day, devices, trained)
        _measure(runner, portfolio, first, last, devices)
        with _step("reports"):
            keys = summary.report_keys(definitions)
            runner.run("reports", keys, partitions.between(first.isoformat(), last.isoformat()))
        note_runs(instance, engine(connection))
    summary.show(console, connection, first, last, runner.failures, runner.seconds)
    return not runner.failures


def _materialise_day(
    runner: Runner, portfolio: Portfolio, day: date, devices: Sequence[str] | None, trained: set[date]
) -> None:
    """One date. `trained`: the weeks whose models were looked at, to which its own is added."""
    key, week = day.isoformat(), first_of_week(day)
    read = [dg.AssetKey(name) for name in (*FEED_NAMES, "data_quality", "repaired_readings")]
    forecasts = [dg.AssetKey("forecasts")]
    if week in trained or not _can_be_trained(portfolio, week):
        runner.run("read, judge, forecast", [*read, *forecasts], {partitions.PARTITION_TAG: key})
    else:  # the prices of the first day of a week are known when its models are trained
        runner.run("read, judge, forecast", read, {partitions.PARTITION_TAG: key})
        runner.run("train", [dg.AssetKey("trained_models")], {partitions.PARTITION_TAG: week.isoformat()})
        runner.run("read, judge, forecast", forecasts, {partitions.PARTITION_TAG: key})
        trained.add(week)
    for tags in _of_devices(runner, portfolio, devices, day, day):
        runner.run("plan", [dg.AssetKey("schedules")], tags)


def _measure(
    runner: Runner, portfolio: Portfolio, first: date, last: date, devices: Sequence[str] | None
) -> None:
    """Compare what was forecast with what was measured, on the days that are over; and what the errors cost."""
    over = min(last, datetime.now(ZoneInfo(portfolio.settings.timezone)).date() - timedelta(days=1))
    if over >= first:
        with _step(f"accuracy of the forecasts until {over}"):
            tags = partitions.between(first.isoformat(), over.isoformat())
            runner.run("measure", [dg.AssetKey("forecast_accuracy")], tags)
    compared = last_in_full(portfolio.settings, over)
    if compared >= first:
        with _step(f"perfect foresight until {compared}"):
            for tags in _of_devices(runner, portfolio, devices, first, compared):
                runner.run("measure", [dg.AssetKey("perfect_foresight_schedules")], tags)


def _of_devices(
    runner: Runner, portfolio: Portfolio, devices: Sequence[str] | None, first: date, last: date
) -> Iterator[dict[str, str]]:
    """The tags of runs over some devices, else all, and a range of days."""
    days = first.isoformat(), last.isoformat()
    if devices is None:
        known = runner.instance.get_dynamic_partitions(partitions.DEVICES)
        active = {device.device_id for device in portfolio.devices}
        yield from partitions.devices_on(days[0], known, active, days[1])
    else:
        for device in devices:
            yield from partitions.devices_on(days[0], [device], [device], days[1])


def _can_be_trained(portfolio: Portfolio, week: date) -> bool:
    """Whether the models of a week of dates are due by now, and the week is a partition."""
    is_due = portfolio.settings.planned_at(week) <= datetime.now(UTC)
    return is_due and week.isoformat() in partitions.weeks.get_partition_keys()


def _read_history(runner: Runner, engine: Engine, first: date) -> None:
    """What forecasts learn from: the weeks before the first date, where they have not been read yet."""
    # no date is a partition before the first that can be backfilled
    begin = max(first - HISTORY, date.fromisoformat(partitions.FIRST_DATE))
    end = first - timedelta(days=1)
    wanted = [day.isoformat() for day in _days(begin, end)]
    read = runner.instance.get_materialized_partitions(dg.AssetKey("sensor_readings"))
    with engine.connect() as session:
        again = bool(wanted) and lacks_readings(session, begin, end)
    missing = [day for day in wanted if again or day not in read]
    if missing:
        with _step(f"history from {missing[0]} to {missing[-1]}"):
            feeds = [dg.AssetKey(name) for name in FEED_NAMES]
            runner.run("history", feeds, partitions.between(missing[0], missing[-1]), checks=False)


def _days(first: date, last: date) -> Iterator[date]:
    for i in range((last - first).days + 1):
        yield first + timedelta(days=i)


@contextmanager
def _server_watched() -> Iterator[None]:
    """A server that is gone is told as such, and not by the trace of whoever noticed first."""
    try:
        yield
    except (DagsterPostgresException, OperationalError) as error:
        raise ServerError(
            f"the database server went away: {' '.join(str(error.__cause__ or error).split())}\n"
            "What was planned until then is stored; the same command again does the rest."
        ) from error


@contextmanager
def _step(what: str) -> Iterator[None]:
    began = time.monotonic()
    with console.status(what):
        yield
    console.print(f"[green]✓[/] {what} [dim]{time.monotonic() - began:.1f} s[/]", highlight=False)


def _reasons(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    """What each failed step said, without the traceback."""
    for event in result.all_node_events:
        if not event.is_step_failure:
            continue
        failure = event.step_failure_data
        if failure.user_failure_data and failure.user_failure_data.description:
            yield failure.user_failure_data.description
        elif failure.error:
            yield (failure.error.cause or failure.error).message.strip()
