"""What sources that are asked over HTTP have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.http import Answer, redacted
from flex_pipeline.sources.series import SeriesSource


def _address(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError('is not an address, for example "https://example.org"')
    return value.rstrip("/")


def _variable(value: str) -> str:
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", value):  # a key that was written here by mistake is not
        raise ValueError('is not the name of an environment variable, for example "ENTSOE_API_KEY"')
    return value


Address = Annotated[str, AfterValidator(_address)]
Variable = Annotated[str, AfterValidator(_variable)]  # the name of an environment variable


class Question(BaseModel):
    """What a server is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class WebSource(SeriesSource):
    """A series that a server is asked for."""

    def together(self, sensor: Sensor) -> tuple[Hashable, str] | None:
        """A question that can ask for more than what this sensor wants, and what it wants; None where there is none."""
        return None


def json_object(answer: Answer, service: str) -> dict[str, Any]:
    """The JSON object that was answered, of whatever status. Raises SourceError."""
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise SourceError("content", beginning(answer), f"is not the JSON of {service}", file=answer.place)
    return document


def numbers_or_none(values: object, field: str, answer: Answer) -> list[float | None]:
    """A list of JSON numbers and nulls. Raises SourceError for anything else."""
    if not isinstance(values, list):
        raise SourceError(field, type(values).__name__, "should be a list of numbers", file=answer.place)
    wrong = next(
        (v for v in values if v is not None and (isinstance(v, bool) or not isinstance(v, int | float))), None
    )
    if wrong is not None:
        raise SourceError(field, redacted(str(wrong)[:80]), "is not a number", file=answer.place)
    try:
        return [None if value is None else float(value) for value in values]
    except OverflowError:
        raise SourceError(field, "an integer", "is larger than any number", file=answer.place) from None


def refused(answer: Answer, said: str, key: str | None = None) -> SourceError:
    """An answer that is a refusal, with what the server said of it."""
    about = f"; is the key in {key} right?" if key and answer.status in (401, 403) else ""
    reason = redacted(" ".join(said.split())[:300])
    return SourceError(
        "source", answer.status, f"was answered: {reason or 'nothing'}{about}", file=answer.place
    )


def beginning(answer: Answer) -> str:
    """The first characters of an answer, on one line."""
    return redacted(" ".join(answer.text[:80].split())) or "nothing"
