"""Training a model: from what was believed at a time to a row of flex.trained_model. No warehouse is needed for it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from time import process_time

from flex_pipeline import forecasting
from flex_pipeline.forecasting.contest import FIRST, Decision, decide
from flex_pipeline.forecasting.document import read_document, write_document
from flex_pipeline.forecasting.error import ForecastError
from flex_pipeline.forecasting.ladder import DAYS_FOR_TRAINING, PLANS, Training, train_and_prove
from flex_pipeline.forecasting.model import Model
from flex_pipeline.planning.believed import Believed
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.warehouse.models import HeldOut, ModelInForce, Origins, Trained

DUE, SHORT_HISTORY, DRIFT = "due", "short history", "drift"
# of a sensor, what a model of it does not depend on
NOT_LEARNT_FROM = {"source", "site", "quality", "repair"}


@dataclass(frozen=True)
class Lesson:
    """What a model is trained from, and the champion that it has to beat; `why`: what led to it, if not the clock."""

    believed: Believed
    occasion: str
    champion: ModelInForce | None
    why: str = ""


def learn(lesson: Lesson) -> Trained | None:
    """Train a model and decide whether it is used; None where there is nothing to learn from."""
    from threadpoolctl import threadpool_limits

    believed, began = lesson.believed, process_time()
    try:
        with threadpool_limits(1):  # beside other processes, waiting for threads costs ten times the work
            training = train_and_prove(
                believed.history, believed.sensor, cutoff=believed.as_of, published=believed.published
            )
    except ForecastError:
        return None
    decision = _decided(training, lesson)
    steps = believed.history["event_start"]
    return Trained(
        origins=origins_of(believed),
        occasion=_occasion(lesson, training),
        window_start=steps[0],
        window_end=steps[-1],
        readings=len(steps),
        name=training.model.name,
        ladder_step=training.model.ladder_step.label,
        reason=training.model.reason,
        scores=_scores(training.model),
        cpu_s=process_time() - began,
        champion_id=None if decision.promoted or lesson.champion is None else lesson.champion.model_id,
        decision=f"{lesson.why}{decision.reason}",
        document=write_document(training.model) if decision.promoted else None,
    )


def _occasion(lesson: Lesson, training: Training) -> str:
    """With little history, every day adds much to it."""
    is_short = training.trial.past.days < DAYS_FOR_TRAINING and training.model.sensor.kind not in PLANS
    return SHORT_HISTORY if is_short and lesson.occasion == DUE else lesson.occasion


def _decided(training: Training, lesson: Lesson) -> Decision:
    champion = lesson.champion
    if champion is None:
        return FIRST
    return decide(training, read_document(champion.document), champion.origins.trained_as_of)


def origins_of(believed: Believed) -> Origins:
    """What a model comes from that is trained from these values, by this code."""
    sensor = believed.sensor
    return Origins(
        sensor.name,
        believed.as_of,
        sensor_hash(sensor, believed.others),
        code_version(),
        believed.data_hash,
        believed.recorded_by,
    )


def sensor_hash(sensor: Sensor, others: Mapping[str, Sensor]) -> str:
    """Equal for sensors, and regressors of theirs, that are described alike."""
    described = [each.model_dump(mode="json", exclude=NOT_LEARNT_FROM) for each in (sensor, *others.values())]
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


@cache
def code_version() -> str:
    """The version of flex_pipeline, and a hash of the code that forecasts: models of other code are not used."""
    digest = hashlib.sha256()
    for file in sorted(Path(forecasting.__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return f"{version('flex-pipeline')}+{digest.hexdigest()[:12]}"


def _scores(model: Model) -> HeldOut:
    scores = model.scores
    given = (scores.mae, scores.mae_naive, scores.pinball, scores.coverage)
    return HeldOut(*(score if math.isfinite(score) else None for score in given))
