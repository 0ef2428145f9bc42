"""The JSON Schema of a problem file: what other programs go by."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from flex_pipeline.scheduling.problem_schema import problem_schema

PRICES = {
    "series": {"start": "2025-06-10T00:00:00+00:00", "resolution": "PT1H", "unit": "EUR/MWh", "values": [60]}
}
GOOD: dict[str, Any] = {
    "start": "2025-06-10T00:00:00+00:00",
    "end": "2025-06-10T02:00:00+00:00",
    "resolution": "PT15M",
    "timezone": "UTC",
    "flex_context": {"consumption-price": PRICES},
    "devices": [
        {
            "name": "battery",
            "flex_model": {"soc-max": "10 kWh", "power-capacity": "5 kW"},
            "flex_context": {"relax-soc-constraints": False},
        }
    ],
}


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(problem_schema())
    return Draft202012Validator(problem_schema())


def test_every_example_is_valid(validator: Draft202012Validator, shared: Path) -> None:
    files = sorted((shared / "examples").glob("*/*.json"))

    assert len(files) >= 30
    assert [f.name for f in files if not validator.is_valid(json.loads(f.read_text()))] == []


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (["flex_context", "consumption-price"], {"sensor": "nl.day-ahead"}),
        (["flex_context"], {}),
        (["flex_context", "site-power-capacity"], ["17 kVA"]),
        (["devices"], []),
        (["devices", 0, "type"], "machine"),
        (["devices", 0, "type"], "process"),
        (["devices", 0, "flex_model", "soc-minima"], [{"value": "1 kWh", "time": "07:00"}]),
        (["devices", 0, "flex_context", "consumption-price"], "1 EUR/kWh"),
        (["timezone"], None),
        (["begin"], "2025-06-10T00:00:00+00:00"),
    ],
)
def test_what_is_no_problem_is_not_valid(
    validator: Draft202012Validator, path: list[str | int], wrong: object
) -> None:
    assert validator.is_valid(GOOD)
    broken = deepcopy(GOOD)
    *outer, last = path
    inner: Any = broken
    for step in outer:
        inner = inner[step]
    inner[last] = wrong

    assert not validator.is_valid(broken)
