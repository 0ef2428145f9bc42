"""A model as a document: plain values under names, so that loading one runs no code that it brings along.

What may stand in a document is listed here. Whatever else it holds is refused.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from flex_pipeline.forecasting.blend import Blend
from flex_pipeline.forecasting.conformal import Calibrated
from flex_pipeline.forecasting.gradient_boosting import GradientBoosting, Member
from flex_pipeline.forecasting.model import LadderStep, Model
from flex_pipeline.forecasting.naive import DayAgo, LastValue, Plan, SameHour, WeekAgo
from flex_pipeline.forecasting.prices.correction import Correction
from flex_pipeline.forecasting.prices.predictor import AuctionPrices
from flex_pipeline.forecasting.scores import Scores
from flex_pipeline.forecasting.solar import Ceiling
from flex_pipeline.forecasting.trees import Trees
from flex_pipeline.portfolio.sensor import Sensor

CLASSES: Mapping[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(LastValue, DayAgo, WeekAgo, Plan, SameHour, GradientBoosting, Member, Blend, Calibrated),
        *(AuctionPrices, Correction, Trees, Ceiling, Scores, Model),
    )
}
ARRAYS = ("<f8", "<i8")  # the only ones that are read back
CLASS, ARRAY, LIST, STEP, SENSOR = "class", "array", "list", "ladder step", "sensor"


class DocumentError(ValueError):
    """A document that is no model; the message says what in it cannot be."""


def write_document(model: Model) -> bytes:
    """A model as bytes; the same model gives the same ones. DocumentError when a part has no plain form."""
    return zlib.compress(json.dumps(_plain(model), sort_keys=True).encode())


def read_document(document: bytes) -> Model:
    """The model that `write_document` wrote. DocumentError for anything else."""
    try:
        model = _made(json.loads(zlib.decompress(document)))
    except (zlib.error, TypeError, KeyError, ValueError, AttributeError) as error:
        raise DocumentError(f"is no document of a model: {error}") from error
    if not isinstance(model, Model):
        raise DocumentError(f"is no document of a model but of a {type(model).__name__}")
    return model


def _plain(value: Any) -> Any:
    if isinstance(value, LadderStep):
        return {STEP: value.name}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return {LIST: [_plain(part) for part in value]}
    if isinstance(value, np.ndarray):
        little = value.astype("<f8" if value.dtype.kind == "f" else "<i8")
        text = base64.b64encode(little.tobytes()).decode()
        return {ARRAY: [little.dtype.str, list(value.shape), text]}
    if isinstance(value, Sensor):
        return {SENSOR: value.model_dump(mode="json", by_alias=True)}
    if hasattr(value, "_predictors"):  # scikit-learn's, which is not imported for this
        return _plain(Trees.of(value))
    name = type(value).__name__
    if not (is_dataclass(value) and CLASSES.get(name) is type(value)):
        raise DocumentError(f"{type(value)} has no place in a document; list it in {__name__}")
    return {CLASS: name, **{field.name: _plain(getattr(value, field.name)) for field in fields(value)}}


def _made(plain: Any) -> Any:
    if plain is None or isinstance(plain, bool | int | float | str):
        return plain
    if CLASS in plain:
        given = {name: _made(part) for name, part in plain.items() if name != CLASS}
        return CLASSES[plain[CLASS]](**given)
    ((kind, part),) = plain.items()
    if kind == LIST:
        return tuple(_made(each) for each in part)
    if kind == STEP:
        return LadderStep[part]
    if kind == SENSOR:
        return Sensor.model_validate(part)
    if kind == ARRAY and part[0] in ARRAYS:
        numbers = np.frombuffer(base64.b64decode(part[2], validate=True), dtype=part[0])
        return numbers.reshape([int(length) for length in part[1]])
    raise ValueError(f'"{kind}" is not among what a document may hold')
