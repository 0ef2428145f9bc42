"""Forecasting what a day's plans need and nobody knows yet, as of the planning time."""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import islice

import polars as pl
from sqlalchemy import Engine

from flex_pipeline.forecasting.document import read_document
from flex_pipeline.forecasting.drift import DAYS, Errors, has_drifted, recent_errors
from flex_pipeline.forecasting.ladder import DAYS_FOR_TRAINING, PLANS
from flex_pipeline.forecasting.model import usable
from flex_pipeline.planning.believed import Believed, read_believed
from flex_pipeline.planning.horizon import horizon
from flex_pipeline.planning.model_training import DRIFT
from flex_pipeline.planning.models import ModelDesk
from flex_pipeline.planning.training_times import training_time
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.scheduling.batch import Failure, Solvers
from flex_pipeline.warehouse.forecasts import ForecastRun, confirm_forecasts, replace_forecasts
from flex_pipeline.warehouse.models import ModelInForce, Origins
from flex_pipeline.warehouse.recording import reading_time

DAY = timedelta(days=1)
# what a forecast looks back on: 28 values of the same hour, 14 days to find drift on, and two weeks of gaps
REACH = 56 * DAY
# a model is trained for its drift at most once in this time
CALM = 7 * DAY
STORED_AT_ONCE = 32  # forecasts in one transaction

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Forecasted:
    """What came of forecasting one sensor for one day. `new` is false where the same inputs were used before."""

    sensor: str
    planning_time: datetime
    model: ModelInForce
    new: bool
    recent_mae: float | None = None  # over the 14 days before, in the unit of the sensor


@dataclass(frozen=True)
class ForecastInputs:
    """What a forecast of one sensor is made of, beside its model; `believed` as of the planning time."""

    believed: Believed
    starts: list[datetime]  # the steps to forecast
    quantiles: tuple[float, ...]

    @property
    def sensor(self) -> Sensor:
        """What is forecast."""
        return self.believed.sensor

    def input_hash(self, model: Origins) -> str:
        """Equal for equal inputs."""
        # sorted: a database keeps no order of keys
        described = json.dumps(self.sensor.model_dump(mode="json"), sort_keys=True)
        described += f"{model.trained_as_of.timestamp()}{model.data_hash}{model.code_version}{self.quantiles}"
        described += self.starts[0].isoformat() + self.starts[-1].isoformat() + self.believed.data_hash
        return hashlib.sha256(described.encode()).hexdigest()


@dataclass(frozen=True)
class Foreseen:
    """A forecast: event_start, quantile, value; and the errors over the last 14 days of a model that was there."""

    values: pl.DataFrame
    recent: Errors


@dataclass
class ForecastDesk:
    """Forecasts the sensors of one portfolio with the models that are in force."""

    engine: Engine
    portfolio: Portfolio
    workers: Solvers = field(default_factory=lambda: Solvers(1))
    failures: list[str] = field(default_factory=list)  # what could not be forecast, and why

    @cached_property
    def models(self) -> ModelDesk:
        """Where models are found and trained."""
        return ModelDesk(self.engine, self.portfolio, self.workers, self.failures)

    @cached_property
    def sensors(self) -> list[Sensor]:
        """Those that plans read, in the order of their names."""
        used = {name for names in self.portfolio.sensors_of_devices().values() for name in names}
        sensors = (self.portfolio.sensors[name] for name in sorted(used))
        return [sensor for sensor in sensors if not sensor.is_state]

    def forecast(self, day: date, now: datetime) -> tuple[Forecasted, ...]:
        """Forecast every step that the plans of a day read and that is not known at their planning time.

        The forecasts are beliefs of that time, and nothing is stored twice. A model that has drifted is trained anew
        and, if that one is better, the forecast made again.
        """
        given = self.inputs(self.sensors, day, now, reading_time(self.engine))
        if not given:
            return ()
        origin = next(iter(given.values())).believed.as_of
        models = self.models.in_force(
            [inputs.sensor for inputs in given.values()],
            origin,
            {name: self.cutoff(inputs) for name, inputs in given.items()},
            now,
        )
        known = {name: inputs for name, inputs in given.items() if name in models}
        stored = self._confirmed(known, models, day, now)
        done = [Forecasted(name, origin, models[name], False, error) for name, error in stored.items()]
        new = {name: inputs for name, inputs in known.items() if name not in stored}
        done += self._forecast(new, models, day, now)
        return tuple(sorted(done, key=lambda forecasted: forecasted.sensor))

    def inputs(
        self, sensors: Collection[Sensor], day: date, now: datetime, read_at: datetime
    ) -> dict[str, ForecastInputs]:
        """What the forecasts of sensors for a day are made of, as it had been recorded by `read_at`.

        Those with nothing to forecast, or from, lack.
        """
        spans = {sensor.name: self._span(sensor, day, now) for sensor in sensors}
        if not spans:
            return {}
        origin = next(iter(spans.values())).origin
        reach = {sensor.name: usable(sensor) if sensor.kind == "price" else REACH for sensor in sensors}
        end = max(span.end for span in spans.values())
        with self.engine.connect() as session:
            read = read_believed(
                session,
                sensors,
                self.portfolio.sensors,
                as_of=origin,
                reach=reach,
                end=end,
                recorded_by=read_at,
            )
        found = {}
        for name, believed in read.items():
            span = spans[name]
            own = _until(believed, span.end)
            starts = _unknown_steps(own.history, own.sensor, span)
            if starts and not own.history.is_empty():
                found[name] = ForecastInputs(own, starts, self.portfolio.settings.quantiles)
        return found

    def _span(self, sensor: Sensor, day: date, now: datetime) -> _Span:
        sites = [site for site in self.portfolio.sites if sensor.site in (None, site.site_id)]
        seen = [horizon(self.portfolio.settings, site.timezone, day, now) for site in sites]
        return _Span(seen[0].planning_time, min(h.start for h in seen), max(h.end for h in seen))

    def cutoff(self, given: ForecastInputs) -> datetime:
        """As of when the model of a forecast learns: when it was due; the origin where there was too little by then."""
        origin = given.believed.as_of
        due = training_time(self.portfolio.settings, given.sensor.kind, origin)
        steps = given.believed.history.filter(pl.col("event_start") < due).height
        needed = 0 if given.sensor.kind in PLANS else DAYS_FOR_TRAINING
        return due if steps > 0 and steps * given.sensor.resolution >= needed * DAY else origin

    def _confirmed(
        self,
        given: Mapping[str, ForecastInputs],
        models: Mapping[str, ModelInForce],
        day: date,
        now: datetime,
    ) -> dict[str, float | None]:
        """The forecasts that were made of the same before, with the recent error of their models."""
        keys = {name: inputs.input_hash(models[name].origins) for name, inputs in given.items()}
        with self.engine.begin() as session:
            return confirm_forecasts(session, keys, day, now)

    def _forecast(
        self,
        given: Mapping[str, ForecastInputs],
        models: Mapping[str, ModelInForce],
        day: date,
        now: datetime,
    ) -> list[Forecasted]:
        """Forecast and store; those whose models have drifted with the models that are in force after it."""
        done: list[Forecasted] = []
        drifted: dict[str, str] = {}
        for some in _together(self._foreseen(given, models)):
            self._store(some, given, models, day, now)
            for name, foreseen in some:
                origin = given[name].believed.as_of
                done.append(Forecasted(name, origin, models[name], True, _finite(foreseen.recent.mae)))
                if _is_to_be_retrained(models[name], given[name], foreseen):
                    drifted[name] = _drift(models[name], foreseen)
        if not drifted:
            return done
        origin = given[next(iter(drifted))].believed.as_of
        self.models.retrain(drifted, origin, now)
        newer = self.models.read([given[name].sensor for name in drifted], origin)
        again = {
            name: given[name] for name, model in newer.items() if model.model_id != models[name].model_id
        }
        return [each for each in done if each.sensor not in again] + self._forecast(again, newer, day, now)

    def _foreseen(
        self, given: Mapping[str, ForecastInputs], models: Mapping[str, ModelInForce]
    ) -> Iterator[tuple[str, Foreseen]]:
        tasks = ((given[name], models[name]) for name in given)
        for name, result in zip(given, self.workers.map(foresee, tasks), strict=True):
            if isinstance(result, Failure):
                self.failures.append(f"{name} could not be forecast: {result.reason}")
                logger.error("%s\n%s", self.failures[-1], result.trace)
            else:
                yield name, result

    def _store(
        self,
        made: list[tuple[str, Foreseen]],
        given: Mapping[str, ForecastInputs],
        models: Mapping[str, ModelInForce],
        day: date,
        now: datetime,
    ) -> None:
        runs = [
            ForecastRun(
                name,
                day,
                given[name].believed.as_of,
                given[name].believed.recorded_by,
                given[name].input_hash(models[name].origins),
                models[name],
                _finite(foreseen.recent.mae),
                _finite(foreseen.recent.mae_naive),
                foreseen.values,
            )
            for name, foreseen in made
        ]
        with self.engine.begin() as session:
            replace_forecasts(session, runs, self._content_hash, now)

    @cached_property
    def _content_hash(self) -> str:
        return self.portfolio.content_hash()


@dataclass(frozen=True)
class _Span:
    """The steps that plans of a day read of a sensor: [start, end), as seen from `origin`."""

    origin: datetime
    start: datetime
    end: datetime


def foresee(task: tuple[ForecastInputs, ModelInForce]) -> Foreseen:
    """The forecast of one sensor. It needs no warehouse."""
    inputs, stored = task
    believed, model = inputs.believed, read_document(stored.document)
    frame = model.predict(
        believed.history,
        origin=believed.as_of,
        starts=inputs.starts,
        published=believed.published,
        quantiles=inputs.quantiles,
    )
    if inputs.sensor.is_sparse:  # said outright, or an older forecast would stand
        frame = frame.with_columns(pl.col("value").fill_null(0.0))
    recent = Errors(math.nan, math.nan)
    if stored.origins.trained_as_of < believed.as_of:
        recent = recent_errors(model, believed.history, origin=believed.as_of, published=believed.published)
    return Foreseen(frame.drop_nulls("value"), recent)


def _is_to_be_retrained(model: ModelInForce, inputs: ForecastInputs, foreseen: Foreseen) -> bool:
    """Whether a model has drifted, and was not just trained for it. Plans are repeated, which nothing can improve."""
    if inputs.sensor.kind in PLANS:
        return False
    if model.asked.occasion == DRIFT and inputs.believed.as_of - model.asked.trained_as_of < CALM:
        return False
    scores = model.scores
    if scores.mae is None or scores.mae_naive is None:
        return False
    return has_drifted(foreseen.recent, Errors(scores.mae, scores.mae_naive))


def _drift(model: ModelInForce, foreseen: Foreseen) -> str:
    errors = (
        f"by {foreseen.recent.mae:.3g} on average over {DAYS} days, by {model.scores.mae:.3g} at its training"
    )
    return f"The model in use erred {errors}. "


def _until(believed: Believed, end: datetime) -> Believed:
    before = pl.col("event_start") < end
    history, beliefs = believed.history.filter(before), believed.beliefs.filter(before)
    return replace(believed, end=end, history=history, beliefs=beliefs)


def _unknown_steps(history: pl.DataFrame, sensor: Sensor, span: _Span) -> list[datetime]:
    """The steps of which nothing is known at the origin."""
    known = set(history.filter(pl.col("event_start") >= span.start)["event_start"])
    steps = pl.datetime_range(
        span.start, span.end, sensor.resolution, closed="left", eager=True, time_zone="UTC"
    )
    # a day of a driver's plans is known as a whole: where it has no value, nothing is asked
    return [
        step
        for step in steps
        if step not in known and not (sensor.is_sparse and sensor.knows(step, span.origin))
    ]


def _together(made: Iterator[tuple[str, Foreseen]]) -> Iterator[list[tuple[str, Foreseen]]]:
    while some := list(islice(made, STORED_AT_ONCE)):
        yield some


def _finite(score: float) -> float | None:
    return score if math.isfinite(score) else None
