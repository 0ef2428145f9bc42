"""Forecasts, and what they say of how they were made."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import text

from flex_pipeline.warehouse.beliefs import store_forecasts
from flex_pipeline.warehouse.models import ModelInForce
from flex_pipeline.warehouse.recording import EVER

SOURCE = text("""
    insert into flex.source (name, type) values (:model, 'forecaster') on conflict (type, name) do nothing
""")
REPLACE = text("""
    insert into flex.forecast_run (
        sensor_id, date, planning_time, input_hash, source_id, ladder_step, reason, mae, mae_naive, pinball,
        coverage, belief_time, version_id, model_id, recent_mae, recent_mae_naive, read_at
    )
    select
        n.sensor_id, :date, :planning_time, :input_hash, o.source_id, :ladder_step, :reason, :mae, :mae_naive,
        :pinball, :coverage, :now,
        (select version_id from flex.portfolio_version where content_hash = :content_hash), :model_id,
        :recent_mae, :recent_mae_naive, :read_at
    from flex.sensor as n, flex.source as o
    where n.name = :sensor and o.name = :model and o.type = 'forecaster'
    on conflict (sensor_id, date) do update set
        planning_time = excluded.planning_time, input_hash = excluded.input_hash,
        source_id = excluded.source_id, ladder_step = excluded.ladder_step,
        reason = excluded.reason, mae = excluded.mae, mae_naive = excluded.mae_naive,
        pinball = excluded.pinball, coverage = excluded.coverage,
        belief_time = excluded.belief_time, version_id = excluded.version_id,
        model_id = excluded.model_id, recent_mae = excluded.recent_mae,
        recent_mae_naive = excluded.recent_mae_naive, read_at = excluded.read_at
""")
CONFIRM = text("""
    update flex.forecast_run as f set belief_time = :now
    from flex.sensor as n, unnest(cast(:sensors as text[]), cast(:keys as text[])) as w (name, key)
    where n.name = w.name and n.sensor_id = f.sensor_id and f.date = :date and f.input_hash = w.key
    returning n.name, f.recent_mae
""")


@dataclass(frozen=True)
class ForecastRun:
    """A forecast of a sensor for a day. `values`: event_start, quantile, value; beliefs of the planning time."""

    sensor: str
    date: date
    planning_time: datetime
    read_at: datetime  # by the warehouse's clock
    input_hash: str
    model: ModelInForce
    recent_mae: float | None
    recent_mae_naive: float | None
    values: pl.DataFrame

    @property
    def beliefs(self) -> pl.DataFrame:
        """As `store_forecasts` takes them."""
        told = {"sensor": self.sensor, "belief_time": self.planning_time, "source": self.model.name}
        return self.values.with_columns(pl.lit(value).alias(name) for name, value in told.items())


@dataclass(frozen=True)
class StoredForecast:
    """What the newest forecast of a sensor for a day says of its inputs."""

    planning_time: datetime
    read_at: datetime  # by the warehouse's clock: what was recorded later was not read
    version_id: int | None
    input_hash: str
    model: str
    model_id: int | None


def replace_forecasts(
    session: Session, runs: Collection[ForecastRun], content_hash: str, now: datetime
) -> None:
    """Put forecasts in the place of those of the same sensors and days."""
    store_forecasts(session, pl.concat([run.beliefs for run in runs]))
    session.execute(SOURCE, [{"model": name} for name in sorted({run.model.name for run in runs})])
    session.execute(
        REPLACE,
        [
            {
                "sensor": run.sensor,
                "date": run.date,
                "planning_time": run.planning_time,
                "read_at": run.read_at,
                "input_hash": run.input_hash,
                "model": run.model.name,
                "model_id": run.model.model_id,
                "ladder_step": run.model.ladder_step,
                "reason": run.model.reason,
                "recent_mae": run.recent_mae,
                "recent_mae_naive": run.recent_mae_naive,
                "content_hash": content_hash,
                "now": now,
                **asdict(run.model.scores),
            }
            for run in runs
        ],
    )


def confirm_forecasts(
    session: Session, keys: Mapping[str, str], day: date, now: datetime
) -> dict[str, float | None]:
    """Mark the forecasts of sensors for a day that were made of the same inputs: sensor, recent error."""
    asked = {"sensors": list(keys), "keys": list(keys.values()), "date": day, "now": now}
    return {row.name: row.recent_mae for row in session.execute(CONFIRM, asked)}


def read_forecast_run(session: Session, sensor: str, day: date) -> StoredForecast | None:
    """None where a sensor was not forecast for a day."""
    found = session.execute(
        text("""
            select
                f.planning_time, coalesce(f.read_at, :ever) as read_at, f.version_id, f.input_hash, o.name as model,
                f.model_id
            from flex.forecast_run as f
            join flex.sensor as n using (sensor_id)
            join flex.source as o using (source_id)
            where n.name = :sensor and f.date = :date
        """),
        {"sensor": sensor, "date": day, "ever": EVER},
    ).first()
    return None if found is None else StoredForecast(**found._mapping)


def read_forecast_runs(session: Session, days: Collection[date]) -> list[dict[str, Any]]:
    """The newest forecasts for some days, with what their models learnt from, and `decision`: of a training for drift.

    Columns date, sensor, kind, ladder_step, reason, mae, mae_naive, recent_mae, recent_mae_naive, days (of
    readings learnt from), decision.
    """
    found = session.execute(
        text("""
            select
                f.date, n.name as sensor, n.kind, f.ladder_step, f.reason, f.mae, f.mae_naive, f.recent_mae,
                f.recent_mae_naive,
                extract(epoch from m.readings * n.resolution) / 86400 as days, t.decision
            from flex.forecast_run as f
            join flex.sensor as n using (sensor_id)
            join flex.trained_model as m using (model_id)
            left join lateral (
                select t.decision from flex.trained_model as t
                where t.sensor_id = f.sensor_id and t.trained_as_of = f.planning_time and t.occasion = 'drift'
                order by t.model_id desc limit 1
            ) as t on true
            where f.date = any(:days)
            order by f.date, n.name
        """),
        {"days": list(days)},
    )
    return [dict(row) for row in found.mappings()]
