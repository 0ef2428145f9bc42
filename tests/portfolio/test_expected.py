"""Thresholds, severities and repair policies of a sensor."""

from datetime import timedelta
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from flex_pipeline.portfolio.expected import EXPECTED, REPAIR, Repair
from flex_pipeline.portfolio.kind import Kind
from flex_pipeline.portfolio.sensor import Sensor


def sensor(kind: str = "load", **fields: Any) -> Sensor:
    return Sensor(
        name="s", unit="kW", resolution="PT15M", kind=kind, timezone="UTC", source={}, latitude=1.0, **fields
    )


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_has_expectations_that_hold_themselves(kind: str) -> None:
    assert sensor(kind).quality.severity == EXPECTED[kind].get("severity", {})  # type: ignore[index]
    assert REPAIR.keys() <= set(get_args(Kind))


def test_what_a_sensor_does_not_say_is_as_its_kind_has_it() -> None:
    judged = sensor(quality={"spike": 3})
    assert (judged.quality.spike, judged.quality.flat_after) == (3, timedelta(hours=12))


def test_a_rule_is_switched_off_by_null() -> None:
    assert sensor(quality={"flat-after": None}).quality.flat_after is None


def test_a_policy_takes_the_place_of_the_kinds_as_a_whole() -> None:
    assert sensor(repair={"hold": "PT1H"}).repair == Repair(hold="PT1H")


def test_a_sensor_keeps_what_it_expects_when_it_is_written_down_and_read_again() -> None:
    once = sensor(quality={"flat-after": None, "severity": {"flat": "error"}}, repair={})
    assert Sensor.model_validate(once.model_dump(mode="json", by_alias=True)) == once


@pytest.mark.parametrize(
    ("quality", "said"),
    [
        ({"severity": {"flatness": "error"}}, '"flatness" is not a rule; there are: completeness'),
        ({"severity": {"drift": "repair"}}, "drift is not about single steps"),
        ({"severity": {"flat": "fatal"}}, "'error', 'warning' or 'repair'"),
        ({"flat-after": "PT0H"}, "should be greater than"),
        ({"flat-after": "P1M"}, "has no fixed length"),
        ({"flatafter": "PT1H"}, "Extra inputs are not permitted"),
        ("strict", "valid dictionary"),
    ],
)
def test_what_cannot_be_expected_is_refused(quality: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        sensor(quality=quality)
