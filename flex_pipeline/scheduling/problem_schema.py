"""The JSON Schema of a problem file, for the programs that write one."""

from __future__ import annotations

from typing import Any

from flex_pipeline.portfolio.field_docs import DIALECT, model_of_type, record_schema, shared_definitions
from flex_pipeline.portfolio.flex_context import DEVICE_CONTEXT, ELECTRICITY, FLEX_CONTEXT
from flex_pipeline.portfolio.flex_model import FLEX_MODELS
from flex_pipeline.scheduling.reading import COMMENTS, DEVICE, PROBLEM


def problem_schema() -> dict[str, Any]:
    """In a problem file all data are there: it names no sensor, and no time of day that recurs."""
    problem, device = record_schema(PROBLEM), record_schema(DEVICE)
    device["properties"] |= {
        "type": {"enum": list(FLEX_MODELS), "description": DEVICE["type"].text},
        "flex_model": {"type": "object"},
        "flex_context": {"$ref": "#/$defs/device-context"},
        "shares_stock_of": {
            "type": ["string", "integer", "null"],
            "description": "The storage whose stock this one feeds too, by name or by its place in the list.",
        },
    }
    device["required"] = [*device["required"], "flex_model"]
    device["allOf"] = model_of_type(FLEX_MODELS, "flex_model")
    problem["properties"] |= {name: {} for name in COMMENTS} | {
        "flex_context": {"$ref": "#/$defs/flex-context"},
        "devices": {"type": "array", "items": {"$ref": "#/$defs/device"}, "minItems": 1},
    }
    problem["required"] = [*problem["required"], "flex_context", "devices"]
    return {
        "$schema": DIALECT,
        "title": "A scheduling problem",
        **problem,
        "$defs": {
            **shared_definitions(in_portfolio=False),
            "device": device,
            "flex-context": record_schema(FLEX_CONTEXT) | {"anyOf": _states_a_price()},
            "device-context": record_schema(DEVICE_CONTEXT),
            **{name: record_schema(record) for name, record in FLEX_MODELS.items()},
        },
    }


def _states_a_price() -> list[dict[str, Any]]:
    names = ("consumption-price", "consumption-price-sensor")
    beside = [{"required": [spelt]} for name in names for spelt in (name, name.replace("-", "_"))]
    entry = {"properties": {"commodity": {"const": ELECTRICITY}}, "required": ["commodity", names[0]]}
    return [*beside, {"properties": {"commodities": {"contains": entry}}, "required": ["commodities"]}]
