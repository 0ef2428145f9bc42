"""Suites: what is expected of a day of readings, by kind of sensor.

Every rule is one Great Expectations expectation on the columns of `frame.day_frame`, in which limits that
differ between sensors stand beside the values, so that one validation covers all sensors of a kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flex_pipeline.portfolio.sensor import Kind
from flex_pipeline.quality.verdict import Severity


@dataclass(frozen=True)
class Rule:
    """An expectation, how bad it is when it fails, and the words for it."""

    name: str
    expectation: str  # a class in great_expectations.expectations
    arguments: Mapping[str, object]
    severity: Severity
    fault: str  # completes "3 of 96 steps ..."
    first: str = "{time}"  # completes "..., first ...", with the columns of the first faulty row


def _at_least(larger: str, smaller: str) -> dict[str, object]:
    return {
        "column_A": larger,
        "column_B": smaller,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    }


_PAIR = "ExpectColumnPairValuesAToBeGreaterThanB"

COMPLETENESS = Rule("completeness", "ExpectColumnValuesToNotBeNull", {"column": "value"}, "error", "missing")
UNIQUENESS = Rule(
    "uniqueness",
    "ExpectCompoundColumnsToBeUnique",
    {"column_list": ["sensor", "event_start"]},
    "error",
    "stated more than once",
)
ALIGNMENT = Rule(
    "alignment",
    "ExpectColumnValuesToBeInSet",
    {"column": "on_grid", "value_set": [True]},
    "error",
    "between the steps of the sensor's resolution",
)
MINIMUM = Rule(
    "minimum",
    _PAIR,
    _at_least("value", "low"),
    "error",
    "below the minimum",
    "{value:g} < {low:g} {unit} at {time}",
)
MAXIMUM = Rule(
    "maximum",
    _PAIR,
    _at_least("high", "value"),
    "error",
    "above the maximum",
    "{value:g} > {high:g} {unit} at {time}",
)
NIGHT = Rule(
    "night",
    _PAIR,
    _at_least("night", "value"),
    "warning",
    "of sunshine in the dark",
    "{value:g} > {night:g} {unit} at {time}: is the time zone right?",
)
UNIT = Rule(
    "unit",
    _PAIR,
    _at_least("day_peak", "smallest_peak"),
    "warning",
    "of a day too small for its unit",
    "{time}: at most {day_peak:g}, are the values in {unit}?",
)

_SERIES = (COMPLETENESS, UNIQUENESS, ALIGNMENT, MINIMUM, MAXIMUM)

SUITES: Mapping[Kind, tuple[Rule, ...]] = {
    "price": (*_SERIES, UNIT),
    "load": (*_SERIES, UNIT),
    "pv": (*_SERIES, NIGHT, UNIT),
    "temperature": _SERIES,
    "irradiance": _SERIES,
    "heat": _SERIES,
    "efficiency": _SERIES,
    "availability": _SERIES,
    "usage": _SERIES,
    # a step without a value is one at which nothing is asked
    "soc-minima": (UNIQUENESS, ALIGNMENT, MINIMUM, MAXIMUM),
}
