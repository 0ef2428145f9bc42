"""The inputs of a stored plan or forecast once more, from what was believed at its time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from flex_pipeline.planning.believed import Believed
from flex_pipeline.planning.forecasts import ForecastDesk, ForecastInputs
from flex_pipeline.planning.horizon import horizon
from flex_pipeline.planning.known import Known, read_beliefs
from flex_pipeline.planning.peaks import peaks_so_far
from flex_pipeline.planning.site_day import SiteDay, with_problem
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.quality.blocked import Blocked
from flex_pipeline.warehouse.carried_over import read_overnight, read_stock_of
from flex_pipeline.warehouse.forecasts import read_forecast_run
from flex_pipeline.warehouse.models import read_origins
from flex_pipeline.warehouse.plans import NotStoredError, StoredRun, read_run
from flex_pipeline.warehouse.portfolios import read_content

MOST_DIFFERENCES = 10


@dataclass(frozen=True)
class Recreated:
    """Inputs that were made again: as of when, under which configuration, and whether they are the same."""

    what: str
    as_of: datetime
    version_id: int | None
    stored_hash: str
    input_hash: str
    inputs: Mapping[str, Any]
    differences: tuple[str, ...] = ()  # from what was stored, where that is kept

    @property
    def is_same(self) -> bool:
        """Whether the hash is the one that was stored."""
        return self.input_hash == self.stored_hash

    def __str__(self) -> str:
        version = "unknown" if self.version_id is None else self.version_id
        described = f"{self.what}, as of {self.as_of:%Y-%m-%d %H:%M} UTC, configuration {version}"
        if self.is_same:
            return f"{described}: the same inputs, {self.input_hash}"
        told = "".join(f"\n  {difference}" for difference in self.differences)
        return f"{described}: other inputs now, {self.input_hash}, than then, {self.stored_hash}{told}"


def recreate_plan_inputs(engine: Engine, site_id: str, day: date, run_id: int | None = None) -> Recreated:
    """What a plan of a site-day, else the one in force, was made from: read again, not what was kept of it.

    Beliefs are those of its planning time that were recorded when it was made, the configuration is its version, and
    the stock is that of the plans it names. Which devices were left out, and why, is what the plan says: verdicts
    have no history. NotStoredError when there is no such plan.
    """
    with engine.connect() as session:
        run = read_run(session, site_id, day, run_id)
        if run is None:
            which = "" if run_id is None else f" with the number {run_id}"
            raise NotStoredError(
                f"there is no plan of {site_id} for {day}{which}; make it with flex-pipeline backfill"
            )
        again = _site_day(session, site_id, day, run)
    return Recreated(
        f"{site_id} on {day}, plan {run.run_id}",
        run.planning_time,
        run.version_id,
        run.input_hash,
        again.input_hash,
        again.inputs,
        tuple(islice(_differences(run.problem, json.loads(json.dumps(again.inputs))), MOST_DIFFERENCES)),
    )


def recreate_forecast_inputs(engine: Engine, sensor: str, day: date) -> Recreated:
    """What the newest forecast of a sensor for a day was made from, read again as of its planning time.

    NotStoredError when there is none.
    """
    with engine.connect() as session:
        run = read_forecast_run(session, sensor, day)
        if run is None or run.version_id is None or run.model_id is None:
            raise NotStoredError(f"there is no forecast of {sensor} for {day} that says how it was made")
        portfolio = portfolio_of(session, run.version_id)
        model = read_origins(session, run.model_id)
    desk, described = ForecastDesk(engine, portfolio), portfolio.sensors[sensor]
    given = desk.inputs([described], day, run.planning_time, run.read_at).get(sensor)
    learnt = desk.models.believed([described], model.trained_as_of, model.read_at)[sensor]
    same = learnt.data_hash == model.data_hash
    return Recreated(
        f"{sensor} for {day}, by {run.model}",
        run.planning_time,
        run.version_id,
        run.input_hash,
        "" if given is None or not same else given.input_hash(model),
        {"forecast": None if given is None else _described(given, learnt)},
        () if same else ("trained_on: other values then",),
    )


def _described(given: ForecastInputs, learnt: Believed) -> dict[str, Any]:
    """The inputs of a forecast in plain values: for each series, [start of the step, value]."""
    return {
        "sensor": given.sensor.model_dump(mode="json", by_alias=True),
        "as_of": given.believed.as_of.isoformat(),
        "trained_as_of": learnt.as_of.isoformat(),
        "steps": [start.isoformat() for start in given.starts],
        "quantiles": list(given.quantiles),
        "known": _rows(given.believed.history),
        "trained_on": _rows(learnt.history),
        "regressors": {
            name: _rows(given.believed.beliefs.filter(pl.col("sensor") == name))
            for name in given.believed.others
        },
    }


def _rows(series: pl.DataFrame) -> list[tuple[str, float]]:
    return [(start.isoformat(), value) for start, value in series.select("event_start", "value").iter_rows()]


def portfolio_of(session: Session, version_id: int) -> Portfolio:
    """A configuration as it was stored. It has no folder: its sources are not read."""
    return Portfolio.of_content(read_content(session, version_id), Path())


def _site_day(session: Session, site_id: str, day: date, run: StoredRun) -> SiteDay:
    portfolio = portfolio_of(session, run.version_id)
    site = portfolio.site(site_id)
    seen = horizon(portfolio.settings, site.timezone, day, run.planning_time)
    known = Known(
        portfolio,
        Blocked(date=False, reason="", devices=dict(run.blocked)),
        read_stock_of(session, run.run_id),
        read_beliefs(session, portfolio, [site], [seen], run.read_at),
        run.read_at,
        {site_id: peaks_so_far(session, portfolio, site, day, seen, run.read_at, run.run_id)},
        read_overnight(session, [site_id], day, run.run_id),
    )
    reasons = {device.device_id: known.why_not(device) for device in site.devices}
    return with_problem(SiteDay(site, day, seen, reasons, run.read_at), known)


def _differences(then: Any, now: Any, path: str = "") -> Iterator[str]:
    """Where two documents differ: "problem.flex_context.consumption-price.series.values[3]: 50.0 then, 70.0 now"."""
    if isinstance(then, dict) and isinstance(now, dict):
        for name in sorted({*then, *now}):
            inner = f"{path}.{name}" if path else name
            yield from _differences(then.get(name), now.get(name), inner)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for i, (before, after) in enumerate(zip(then, now, strict=True)):
            yield from _differences(before, after, f"{path}[{i}]")
    elif then != now:
        yield f"{path}: {_short(then)} then, {_short(now)} now"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
