"""A model comes back from its document as it was, and a document brings nothing along but values."""

import json
import pickle
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from flex_pipeline.forecasting.document import DocumentError, read_document, write_document
from flex_pipeline.forecasting.ladder import train
from flex_pipeline.forecasting.model import LadderStep, Model
from flex_pipeline.portfolio.sensor import Sensor

MakeSensor = Callable[..., Sensor]
MakeSeries = Callable[..., pl.DataFrame]

ORIGIN = datetime(2026, 2, 10, 12, tzinfo=UTC)
AHEAD = [ORIGIN + i * timedelta(hours=1) for i in range(60)]


def load(local: datetime) -> float:
    """3 kW in the evening, half of it at weekends."""
    return (3.0 if 18 <= local.hour < 21 else 1.0) * (0.5 if local.weekday() >= 5 else 1.0)


@pytest.mark.parametrize(
    ("kind", "days", "step"),
    [
        ("load", 1.5, LadderStep.LAST_VALUE),
        ("load", 10, LadderStep.DAY_AGO),
        ("usage", 20, LadderStep.WEEK_AGO),
        ("temperature", 30, LadderStep.SAME_HOUR),
        ("load", 60, LadderStep.GRADIENT_BOOSTING),
        ("pv", 30, LadderStep.SAME_HOUR),
        ("price", 90, LadderStep.AUCTION_PRICES),
    ],
)
def test_a_model_of_each_step_of_the_ladder_forecasts_the_same_from_its_document(
    sensor: MakeSensor, series: MakeSeries, kind: str, days: float, step: LadderStep
) -> None:
    # the level of each day is as good as drawn: a week ago tells nothing
    shape = (lambda local: local.toordinal() * 7 % 11 / 4) if step == LadderStep.SAME_HOUR else load
    history = series(shape, ORIGIN, days, noise=0.1)
    model = train(history, sensor(kind), cutoff=ORIGIN)
    assert model.ladder_step == step

    again = read_document(write_document(model))

    assert (again.name, again.reason, again.ladder_step) == (model.name, model.reason, model.ladder_step)
    forecasts = [each.predict(history, origin=ORIGIN, starts=AHEAD) for each in (model, again)]
    assert forecasts[0].equals(forecasts[1])
    assert write_document(again) == write_document(model)


@pytest.fixture
def model(sensor: MakeSensor, series: MakeSeries) -> Model:
    return train(series(load, ORIGIN, 10), sensor(), cutoff=ORIGIN)


def changed(model: Model, change: Callable[[dict[str, Any]], object]) -> bytes:
    plain = json.loads(zlib.decompress(write_document(model)))
    change(plain)
    return zlib.compress(json.dumps(plain).encode())


class Trap:
    """What a pickle would run when it is loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        raise AssertionError("it was run")


@pytest.mark.parametrize(
    "document", [b"", b"no document", pickle.dumps(("a", "pickle")), zlib.compress(b'{"class": "Model"}')]
)
def test_whatever_is_no_document_is_refused(document: bytes) -> None:
    with pytest.raises(DocumentError, match="is no document of a model"):
        read_document(document)


@pytest.mark.parametrize("name", ["os.system", "Path", "History"])
def test_no_other_class_than_those_listed_is_ever_made(model: Model, name: str) -> None:
    with pytest.raises(DocumentError, match="is no document of a model"):
        read_document(changed(model, lambda plain: plain["predictor"].update({"class": name})))


def test_an_array_of_objects_is_refused(model: Model) -> None:
    def objects(plain: dict[str, Any]) -> None:
        plain["ceiling"] = {"array": ["|O", [1], "AAAAAAAAAAA="]}

    with pytest.raises(DocumentError, match='"array" is not among what a document may hold'):
        read_document(changed(model, objects))


def test_what_is_not_listed_is_not_written(model: Model) -> None:
    object.__setattr__(model, "predictor", Trap())
    with pytest.raises(DocumentError, match="has no place in a document; list it in"):
        write_document(model)
