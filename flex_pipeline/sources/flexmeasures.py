"""A sensor of a FlexMeasures server, over its REST API."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import isodate
import polars as pl
from pydantic import Field

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import http
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.reading import INSTANT, Reading, Window, no_values, series
from flex_pipeline.sources.web import (
    Address,
    Question,
    Variable,
    WebSource,
    json_object,
    numbers_or_none,
    refused,
)


class FlexMeasuresQuestion(Question):
    """A sensor on a server."""

    url: Address
    sensor: int = Field(gt=0)
    key_env: Variable = Field(default="FLEXMEASURES_TOKEN", alias="key-env")


class FlexMeasuresSource(WebSource):
    """The most recent beliefs of a sensor. The unit asked for is the sensor's here, unless another is given."""

    flexmeasures: FlexMeasuresQuestion

    def name(self) -> str:
        """The server's sensor."""
        return f"flexmeasures:{self.flexmeasures.sensor}"

    def read(self, sensor: Sensor, window: Window, base: Path) -> Reading:
        """Values with their time of belief: the sensor's rule for steps that are over, now for those to come.

        Raises SourceError.
        """
        asked = self.flexmeasures
        near = window.wider(max(self.resolution or sensor.resolution, sensor.resolution))
        unit = self.unit or sensor.unit
        whole = near.asked()
        params = {
            "start": whole.start.isoformat(),
            "duration": isodate.duration_isoformat(whole.end - whole.start),
            "unit": unit,
        }
        if self.resolution is not None:
            params["resolution"] = isodate.duration_isoformat(self.resolution)
        token = http.secret(asked.key_env, "the token of the FlexMeasures server")
        address = f"{asked.url}/api/v3_0/sensors/{asked.sensor}/data"
        answer = window.get(address, params, {"Authorization": token})
        document = json_object(answer, "FlexMeasures")
        if answer.status != 200:
            raise refused(answer, str(document.get("message", "")), asked.key_env)
        frame, step = _series(document, unit, answer)
        values = self.to_sensor(frame.filter(near.holds()), sensor, unit, step)
        to_come = pl.col("event_start") + sensor.resolution > window.now
        return Reading(values.with_columns(belief_time=pl.when(to_come).then(pl.lit(window.now, INSTANT))))


def _series(document: dict[str, Any], unit: str, answer: http.Answer) -> tuple[pl.DataFrame, timedelta]:
    """(event_start, value), and the step: equal parts of the duration. Raises SourceError."""
    values = numbers_or_none(document.get("values"), "content values", answer)
    if document.get("unit") != unit:
        raise SourceError(
            "content unit", document.get("unit"), f"is not the {unit} asked for", file=answer.place
        )
    start, duration = _time(document.get("start"), answer), _length(document.get("duration"), answer)
    if not values:
        return no_values(), timedelta(hours=1)
    step = duration / len(values)
    if step <= timedelta(0) or step * len(values) != duration:
        raise SourceError(
            "content values", len(values), f"do not share {duration} equally", file=answer.place
        )
    return series([start + i * step for i in range(len(values))], values), step


def _time(text: object, answer: http.Answer) -> datetime:
    found: datetime | None
    try:
        found = isodate.parse_datetime(str(text))
    except (ValueError, isodate.ISO8601Error):
        found = None
    if found is None or found.tzinfo is None:
        raise SourceError("content start", text, "is not a time with an offset", file=answer.place)
    return found


def _length(text: object, answer: http.Answer) -> timedelta:
    try:
        found = isodate.parse_duration(str(text))
    except (ValueError, isodate.ISO8601Error):
        found = None
    if not isinstance(found, timedelta):
        raise SourceError("content duration", text, "is not a duration of fixed length", file=answer.place)
    return found
