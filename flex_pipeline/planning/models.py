"""The models that forecasts are made with: read where they are stored, trained where they are not."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from flex_pipeline.forecasting.model import usable
from flex_pipeline.planning.believed import Believed, read_believed
from flex_pipeline.planning.model_training import (
    DRIFT,
    DUE,
    SHORT_HISTORY,
    Lesson,
    code_version,
    learn,
    sensor_hash,
)
from flex_pipeline.planning.training_times import training_time
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.scheduling.batch import Failure, Solvers
from flex_pipeline.warehouse.models import ModelInForce, Trained, read_models, store_models
from flex_pipeline.warehouse.recording import reading_time

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
KNOWN_AHEAD = 3 * DAY  # prices of two days ahead are known at most
# of which histories are read at once: two years of quarter hours of 8 sensors take 60 MB
SENSORS_AT_ONCE = 8

logger = logging.getLogger(__name__)


@dataclass
class ModelDesk:
    """Trains the models of the sensors of one portfolio, and finds those that are in force."""

    engine: Engine
    portfolio: Portfolio
    workers: Solvers = field(default_factory=lambda: Solvers(1))
    failures: list[str] = field(default_factory=list)  # what could not be trained, and why

    def in_force(
        self, sensors: Sequence[Sensor], origin: datetime, cutoffs: Mapping[str, datetime], now: datetime
    ) -> dict[str, ModelInForce]:
        """The models of sensors to forecast with at an origin, by name; those that lack cannot be forecast.

        A model that is due and not there is trained now, as of its cutoff: when it was due, or the origin where there
        was not enough history by then. A document that was changed since it was stored is refused.
        """
        found = self.read(sensors, origin)
        lessons: dict[datetime, dict[str, str]] = {}
        for sensor in sensors:
            model, due = found.get(sensor.name), training_time(self.portfolio.settings, sensor.kind, origin)
            as_of = cutoffs[sensor.name]
            if model and model.is_whole and _is_current(model, due, origin):
                continue
            refused = "" if model is None or model.is_whole else self._refuse(model)
            if refused and model:
                as_of = model.asked.trained_as_of
            lessons.setdefault(as_of, {})[sensor.name] = refused
        for as_of, names in lessons.items():
            due_now = [self.portfolio.sensors[name] for name in names]
            list(self._train(due_now, as_of, DUE, now, names))
        return self.read(sensors, origin) if lessons else found

    def refresh(self, sensors: Sequence[Sensor], origin: datetime, now: datetime) -> list[Trained]:
        """Train the models that are due at an origin and are not there, or would learn from other values now."""
        by_time: dict[datetime, list[Sensor]] = {}
        for sensor in sensors:
            by_time.setdefault(training_time(self.portfolio.settings, sensor.kind, origin), []).append(sensor)
        return [
            trained
            for as_of, due in by_time.items()
            for trained in self._train(due, as_of, DUE, now, unless_same=True)
        ]

    def retrain(self, drifted: Mapping[str, str], origin: datetime, now: datetime) -> None:
        """Train models anew that have drifted, as of an origin. `drifted`: by sensor, by how much."""
        sensors = [self.portfolio.sensors[name] for name in drifted]
        list(self._train(sensors, origin, DRIFT, now, drifted))

    def believed(
        self, sensors: Collection[Sensor], as_of: datetime, read_at: datetime
    ) -> dict[str, Believed]:
        """What models of sensors learn from as of a time, as it had been recorded by `read_at`."""
        reach = {sensor.name: usable(sensor) + DAY for sensor in sensors}
        with self.engine.connect() as session:
            return read_believed(
                session,
                sensors,
                self.portfolio.sensors,
                as_of=as_of,
                reach=reach,
                end=as_of + KNOWN_AHEAD,
                recorded_by=read_at,
            )

    def read(self, sensors: Collection[Sensor], as_of: datetime) -> dict[str, ModelInForce]:
        """The models in force at a time, without training any."""
        hashes = {
            sensor.name: sensor_hash(
                sensor, {name: self.portfolio.sensors[name] for name in sensor.regressors.names}
            )
            for sensor in sensors
        }
        with self.engine.connect() as session:
            return read_models(session, hashes, code_version(), as_of)

    def _train(
        self,
        sensors: Sequence[Sensor],
        as_of: datetime,
        occasion: str,
        now: datetime,
        reasons: Mapping[str, str] | None = None,
        *,
        unless_same: bool = False,
    ) -> Iterator[Trained]:
        champions = self._champions(sensors, as_of)
        there = self.read(sensors, as_of) if unless_same else {}

        read_at, under_way = reading_time(self.engine), deque[str]()

        def lessons() -> Iterator[Lesson]:
            for at in range(0, len(sensors), SENSORS_AT_ONCE):
                some = sensors[at : at + SENSORS_AT_ONCE]
                for name, believed in self.believed(some, as_of, read_at).items():
                    model = there.get(name)
                    if model and model.is_whole and _has_learnt(model, believed):
                        continue
                    champion, refused = champions.get(name, (None, ""))
                    under_way.append(name)
                    yield Lesson(believed, occasion, champion, refused + (reasons or {}).get(name, ""))

        # one at a time: a model takes seconds
        for trained in self.workers.map(learn, lessons(), chunk=1):
            name = under_way.popleft()
            if isinstance(trained, Failure):
                self.failures.append(f"{name} could not be trained as of {as_of}: {trained.reason}")
                logger.error("%s\n%s", self.failures[-1], trained.trace)
            elif trained is not None:
                with self.engine.begin() as session:
                    store_models(session, [trained], now)
                yield trained

    def _champions(
        self, sensors: Collection[Sensor], as_of: datetime
    ) -> dict[str, tuple[ModelInForce | None, str]]:
        """The models in force before a time, or why one that was may not be used."""
        found = self.read(sensors, as_of - MICROSECOND)
        return {
            name: (model, "") if model.is_whole else (None, self._refuse(model))
            for name, model in found.items()
        }

    def _refuse(self, model: ModelInForce) -> str:
        """Say that a document is not what was stored."""
        why = (
            f"Model {model.model_id} of {model.origins.sensor}, trained as of "
            f"{model.origins.trained_as_of:%Y-%m-%d %H:%M}, is refused: its document was changed after it was stored. "
        )
        logger.error("%s", why)
        return why


def _is_current(model: ModelInForce, due: datetime, origin: datetime) -> bool:
    """Whether the newest training is not older than one that is due; with little history, each forecast is."""
    asked = model.asked
    return asked.trained_as_of == origin or (asked.trained_as_of >= due and asked.occasion != SHORT_HISTORY)


def _has_learnt(model: ModelInForce, believed: Believed) -> bool:
    """Whether the newest training was as of this time and from these values."""
    asked = model.asked
    return asked.trained_as_of == believed.as_of and asked.data_hash == believed.data_hash
