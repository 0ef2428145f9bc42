"""Durations of fixed length, in ISO 8601."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import isodate
from pydantic import BeforeValidator, WithJsonSchema


def parse_duration(value: object) -> object:
    """An ISO 8601 duration of fixed length ("PT15M") as a timedelta; anything else is left to pydantic."""
    if not isinstance(value, str):
        return value
    duration = isodate.parse_duration(value)
    if not isinstance(duration, timedelta):
        raise ValueError(f'"{value}" has no fixed length; write it in days, hours, minutes or seconds')
    return duration


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": "^P", "examples": ["PT15M"]}),
]
