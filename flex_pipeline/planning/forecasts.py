"""Forecasting what a day's plans need and nobody knows yet, as of the planning time."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Engine, text

from flex_pipeline.forecasting.ladder import train
from flex_pipeline.forecasting.model import Model
from flex_pipeline.planning.horizon import horizon
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.warehouse.beliefs import read_as_of, store_forecasts
from flex_pipeline.warehouse.recording import reading_time

# eight weeks: what the longest step of the ladder asks for, and two weeks of lags before it
HISTORY = timedelta(days=56)


@dataclass(frozen=True)
class Forecasted:
    """What came of forecasting one sensor for one day. `new` is false where the same inputs were used before."""

    sensor: str
    ladder_step: str
    reason: str
    new: bool
    scores: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class ForecastInputs:
    """What a forecast of one sensor is made of. The model is trained on what was known at the cutoff."""

    sensor: Sensor
    origin: datetime  # the planning time
    cutoff: datetime
    read_at: datetime  # by the warehouse's clock: what was recorded later was not read
    starts: list[datetime]  # the steps to forecast
    history: pl.DataFrame  # event_start, value: the readings known at the origin
    trained_on: pl.DataFrame  # event_start, value: those known at the cutoff

    @cached_property
    def input_hash(self) -> str:
        """Equal for equal inputs."""
        # sorted: a database keeps no order of keys
        sensor = json.dumps(self.sensor.model_dump(mode="json"), sort_keys=True)
        described = sensor + self.cutoff.isoformat()
        described += self.starts[0].isoformat() + self.starts[-1].isoformat()
        values = self.history.write_csv(include_header=False) + self.training_hash
        return hashlib.sha256((described + values).encode()).hexdigest()

    @cached_property
    def training_hash(self) -> str:
        """Equal for models that learn from the same."""
        return hashlib.sha256(self.trained_on.write_csv(include_header=False).encode()).hexdigest()


@dataclass
class ForecastDesk:
    """Forecasts the sensors of one portfolio. Models are trained once a week, or when there is another past to learn
    from, and kept while the desk lives.
    """

    engine: Engine
    portfolio: Portfolio
    _models: dict[str, tuple[str, Model]] = field(
        default_factory=dict
    )  # by sensor, with what it learned from

    def forecast(self, day: date, now: datetime) -> tuple[Forecasted, ...]:
        """Forecast every step that the plans of a day read and that is not known at their planning time.

        The forecasts are beliefs of that time. One transaction a sensor; nothing is stored twice.
        """
        read_at = reading_time(self.engine)
        inputs = (self.inputs(sensor, day, now, read_at) for sensor in self._needed())
        return tuple(self._forecast(given, day, now) for given in inputs if given is not None)

    def _needed(self) -> Iterable[Sensor]:
        used = {name for names in self.portfolio.sensors_of_devices().values() for name in names}
        sensors = (self.portfolio.sensors[name] for name in sorted(used))
        return (sensor for sensor in sensors if not sensor.is_state)

    def inputs(self, sensor: Sensor, day: date, now: datetime, read_at: datetime) -> ForecastInputs | None:
        """What the forecast of a sensor for a day is made of, as it had been recorded by `read_at`.

        None where there is nothing to forecast, or from.
        """
        sites = [site for site in self.portfolio.sites if sensor.site in (None, site.site_id)]
        seen = [horizon(self.portfolio.settings, site.timezone, day, now) for site in sites]
        origin, end = seen[0].planning_time, max(h.end for h in seen)
        history = self._history(sensor, origin, end, read_at)
        if history.is_empty():
            return None
        starts = _unknown_steps(history, sensor, origin, min(h.start for h in seen), end)
        if not starts:
            return None
        cutoff = self._training_time(origin, sensor)
        if (history["event_start"] < cutoff).sum() == 0:
            cutoff = origin  # the first week there is
        trained_on = self._history(sensor, cutoff, cutoff, read_at)
        return ForecastInputs(sensor, origin, cutoff, read_at, starts, history, trained_on)

    def _forecast(self, given: ForecastInputs, day: date, now: datetime) -> Forecasted:
        if stored := self._stored(given.sensor, day, given.input_hash, now):
            return stored
        model = self._model(given)
        frame = model.predict(given.history, origin=given.origin, starts=given.starts)
        return self._store(given, day, now, model, frame)

    @cached_property
    def _content_hash(self) -> str:
        return self.portfolio.content_hash()

    def _history(self, sensor: Sensor, origin: datetime, end: datetime, read_at: datetime) -> pl.DataFrame:
        """The readings of the weeks before `origin` and until `end` that are known at the origin."""
        with self.engine.connect() as session:
            frame = read_as_of(
                session, [sensor.name], origin - HISTORY, end, origin, ("reading", "repair"), read_at
            )
        return frame.select("event_start", "value")

    def _training_time(self, origin: datetime, sensor: Sensor) -> datetime:
        """The last planning time on a Monday: models learn from origins at their time of day."""
        local = origin.astimezone(ZoneInfo(sensor.timezone)).date()
        monday = local - timedelta(days=local.weekday())
        return min(origin, self.portfolio.settings.planned_at(monday + timedelta(days=1)))

    def _model(self, given: ForecastInputs) -> Model:
        learned_from = f"{given.cutoff.isoformat()} {given.training_hash}"
        kept = self._models.get(given.sensor.name)
        if kept is not None and kept[0] == learned_from:
            return kept[1]
        model = train(given.trained_on, given.sensor, cutoff=given.cutoff)
        self._models[given.sensor.name] = learned_from, model
        return model

    def _stored(self, sensor: Sensor, day: date, key: str, now: datetime) -> Forecasted | None:
        with self.engine.begin() as session:
            row = session.execute(
                text("""
                    update flex.forecast_run as f set belief_time = :now
                    from flex.sensor as n
                    where n.sensor_id = f.sensor_id and n.name = :sensor and f.date = :date
                        and f.input_hash = :key
                    returning f.ladder_step, f.reason, f.mae, f.mae_naive, f.pinball, f.coverage
                """),
                {"sensor": sensor.name, "date": day, "key": key, "now": now},
            ).first()
        if row is None:
            return None
        scores = {name: row._mapping[name] for name in ("mae", "mae_naive", "pinball", "coverage")}
        return Forecasted(sensor.name, row.ladder_step, row.reason, False, scores)

    def _store(
        self, given: ForecastInputs, day: date, now: datetime, model: Model, frame: pl.DataFrame
    ) -> Forecasted:
        sensor, origin = given.sensor, given.origin
        if sensor.is_sparse:  # said outright, or an older forecast would stand
            frame = frame.with_columns(pl.col("value").fill_null(0.0))
        beliefs = frame.drop_nulls("value").with_columns(
            sensor=pl.lit(sensor.name), belief_time=pl.lit(origin), source=pl.lit(model.name)
        )
        scores = {
            name: _finite(getattr(model.scores, name)) for name in ("mae", "mae_naive", "pinball", "coverage")
        }
        with self.engine.begin() as session:
            store_forecasts(session, beliefs)
            session.execute(
                text("""
                    insert into flex.source (name, type) values (:source, 'forecaster')
                    on conflict (type, name) do nothing
                """),
                {"source": model.name},
            )
            session.execute(
                text("""
                    insert into flex.forecast_run
                    select
                        n.sensor_id, :date, :origin, :key, o.source_id, :ladder_step, :reason, :mae, :mae_naive,
                        :pinball, :coverage, :now,
                        (select version_id from flex.portfolio_version where content_hash = :content_hash), :read_at
                    from flex.sensor as n, flex.source as o
                    where n.name = :sensor and o.name = :source and o.type = 'forecaster'
                    on conflict (sensor_id, date) do update set
                        planning_time = excluded.planning_time, input_hash = excluded.input_hash,
                        source_id = excluded.source_id, ladder_step = excluded.ladder_step,
                        reason = excluded.reason, mae = excluded.mae, mae_naive = excluded.mae_naive,
                        pinball = excluded.pinball, coverage = excluded.coverage,
                        belief_time = excluded.belief_time, version_id = excluded.version_id,
                        read_at = excluded.read_at
                """),
                {
                    "sensor": sensor.name,
                    "date": day,
                    "origin": origin,
                    "key": given.input_hash,
                    "content_hash": self._content_hash,
                    "source": model.name,
                    "ladder_step": model.ladder_step.name.lower().replace("_", " "),
                    "reason": model.reason,
                    "now": now,
                    "read_at": given.read_at,
                    **scores,
                },
            )
        return Forecasted(
            sensor.name, model.ladder_step.name.lower().replace("_", " "), model.reason, True, scores
        )


def _unknown_steps(
    history: pl.DataFrame, sensor: Sensor, origin: datetime, start: datetime, end: datetime
) -> list[datetime]:
    """The steps of the horizon [start, end) of which nothing is known at the origin."""
    known = set(history["event_start"])
    steps = pl.datetime_range(start, end, sensor.resolution, closed="left", eager=True, time_zone="UTC")
    # a day of a driver's plans is known as a whole: where it has no value, nothing is asked
    return [
        step for step in steps if step not in known and not (sensor.is_sparse and sensor.knows(step, origin))
    ]


def _finite(score: float) -> float | None:
    return score if math.isfinite(score) else None
