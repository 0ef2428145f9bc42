"""The file of a portfolio: what may stand in it, as a list and as a JSON Schema."""

from __future__ import annotations

from typing import Any

from flex_pipeline.portfolio.aggregate import Aggregate
from flex_pipeline.portfolio.field_docs import DIALECT, model_of_type, record_schema, shared_definitions
from flex_pipeline.portfolio.flex_context import DEVICE_CONTEXT, FLEX_CONTEXT
from flex_pipeline.portfolio.flex_model import CAPACITY, FLEX_MODELS, device_types
from flex_pipeline.portfolio.portfolio import Settings
from flex_pipeline.portfolio.sensor import Sensor

FILE = {
    "settings": "What holds for all sites; in one file of the portfolio.",
    "site": "The connection that this file describes; a file that only shares sensors has none.",
    "timezone": "Where the local days of the site and of its sensors begin.",
    "account": "Who may read what is stored of the site.",
    "location": "Where it is: the sun and the weather are those of this place.",
    "sensors": "Series of numbers, by name.",
    "aggregates": "Weighted sums of sensors, by name, for reports.",
    "flex-context": "What the site pays for energy, and what its connection can carry.",
    "groups": "Limits between devices and the connection, by name: what is drawn or delivered together.",
    "devices": "What can be scheduled behind the connection, by name.",
}
DEVICE = {
    "type": "What kind of device it is; a storage if not stated.",
    "flex-model": "What it can do, wants and may not.",
    "flex-context": "What holds for this device instead of what its site states.",
    "meter": "The sensor of kind power that measures what it does, for reports; consumption positive.",
}
DEVICE_PARTS = {
    "flex-context": {"$ref": "#/$defs/device-context"},
    "meter": {"type": "object", "properties": {"sensor": {"type": "string"}}, "required": ["sensor"]},
}
LOCATION = {"latitude": 90, "longitude": 180}  # degrees, largest
BESIDE_AGGREGATE = ("name", "site", "timezone")  # the same of an aggregate
OF_THE_FILE = ("name", "site", "latitude", "longitude")  # what a sensor has from where it stands


def portfolio_schema(source: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a portfolio's file; `source` is that of a sensor's source, with its definitions."""
    settings, sensor = Settings.model_json_schema(), Sensor.model_json_schema()
    definitions = {**settings.pop("$defs", {}), **sensor.pop("$defs", {}), **source.pop("$defs", {})}
    settings["properties"]["flex-context"] = _ref("flex-context") | {
        "description": settings["properties"]["flex-context"]["description"]
    }
    for name in OF_THE_FILE:
        del sensor["properties"][name]
    sensor["required"] = [n for n in sensor["required"] if n not in (*OF_THE_FILE, "timezone")]
    described = sensor["properties"]["source"]["description"]
    sensor["properties"]["source"] = _ref("source") | {"description": described}
    sensor["properties"]["capacity"] |= CAPACITY.schema()["anyOf"][0]
    sensor["properties"]["capacity"].pop("anyOf")
    return {
        "$schema": DIALECT,
        "title": "A file of a portfolio",
        **_object(FILE, _parts()),
        "dependentRequired": {name: ["site"] for name in ("devices", "groups", "flex-context")},
        "$defs": {
            **definitions,
            **shared_definitions(in_portfolio=True),
            "settings": settings,
            "series-sensor": sensor,
            "aggregate": _without(Aggregate.model_json_schema(), BESIDE_AGGREGATE),
            "source": source,
            "device": {
                **_object(DEVICE, DEVICE_PARTS | {"type": {"enum": device_types()}}),
                "required": ["flex-model"],
                "allOf": model_of_type(device_types(), "flex-model"),
            },
            "flex-context": record_schema(FLEX_CONTEXT),
            "device-context": record_schema(DEVICE_CONTEXT),
            **{name: record_schema(record) for name, record in FLEX_MODELS.items()},
        },
    }


def _parts() -> dict[str, dict[str, Any]]:
    degrees = {name: {"type": "number", "minimum": -most, "maximum": most} for name, most in LOCATION.items()}
    return {
        "settings": _ref("settings"),
        "site": {"type": "string", "pattern": "^[^/|]+$"},
        "timezone": {"type": "string", "examples": ["Europe/Amsterdam"]},
        "account": {"type": "string"},
        "location": _object({}, degrees) | {"required": list(LOCATION)},
        "sensors": {"type": "object", "additionalProperties": _ref("series-sensor")},
        "aggregates": {"type": "object", "additionalProperties": _ref("aggregate")},
        "flex-context": _ref("flex-context"),
        "groups": {"type": "object", "additionalProperties": _ref("group")},
        "devices": {"type": "object", "additionalProperties": _ref("device")},
    }


def _without(schema: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    properties = {name: part for name, part in schema["properties"].items() if name not in names}
    return schema | {
        "properties": properties,
        "required": [name for name in schema["required"] if name not in names],
    }


def _object(described: dict[str, str], parts: dict[str, Any]) -> dict[str, Any]:
    names = [*described, *(name for name in parts if name not in described)]
    properties = {
        name: parts.get(name, {}) | ({"description": described[name]} if name in described else {})
        for name in names
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}
