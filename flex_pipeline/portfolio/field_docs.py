"""What follows from a declaration for people and editors: a JSON Schema and a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import time, timedelta
from typing import Any

import isodate
from pydantic import BaseModel

from flex_pipeline.portfolio.fields import FieldSpec, ListOf, Record
from flex_pipeline.timeseries.variable_quantity import BESIDE_SERIES, SEGMENT_KEYS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BESIDE_SCHEMA = {name: {"type": ["string", "number"]} for name in BESIDE_SERIES}
SENSOR: dict[str, Any] = {
    "type": "object",
    "properties": {"sensor": {"type": "string"}, **BESIDE_SCHEMA},
    "required": ["sensor"],
    "additionalProperties": False,
}
SERIES: dict[str, Any] = {
    "type": "object",
    "properties": {
        "series": {
            "type": "object",
            "properties": {
                "start": {"type": "string"},
                "resolution": {"type": "string"},
                "unit": {"type": "string"},
                "values": {"type": "array", "items": {"type": ["number", "null"]}},
            },
            "required": ["start", "resolution", "unit", "values"],
            "additionalProperties": False,
        },
        **BESIDE_SCHEMA,
    },
    "required": ["series"],
    "additionalProperties": False,
}


def shared_definitions(*, in_portfolio: bool) -> dict[str, Any]:
    """What the fields of a schema refer to. Only a portfolio has sensors, and times of day that recur."""
    times = [name for name in SEGMENT_KEYS if name != "value"] + (["time"] if in_portfolio else [])
    segment = {
        "type": "object",
        "properties": {"value": {"type": ["string", "number"]}}
        | {name: {"type": "string"} for name in times},
        "required": ["value"],
        "additionalProperties": False,
    }
    return {
        "sensor": SENSOR if in_portfolio else False,
        "series": SERIES,
        "segments": {"anyOf": [segment, {"type": "array", "items": segment, "minItems": 1}]},
    }


def record_schema(record: Record) -> dict[str, Any]:
    """The JSON Schema of a record, in which former spellings are deprecated and not wrong."""
    schema = record.schema()
    former = {field.name: _former_names(field, record) for field in record.fields}
    for field in record.fields:
        schema["properties"][field.name] = known = _field_schema(field)
        note = {"deprecated": True, "description": f"Former spelling of {field.name}."}
        schema["properties"] |= dict.fromkeys(former[field.name], known | note)
    if record.exactly_one_of:
        schema["anyOf"] = _exactly_one_of(record, former)
    return schema


def _exactly_one_of(record: Record, former: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """Each way with all of its fields, in any spelling, and none of the others."""

    def given(name: str) -> dict[str, Any]:
        return {"anyOf": [{"required": [spelt]} for spelt in (name, *former[name])]}

    ways = record.exactly_one_of
    return [
        {
            "allOf": [given(name) for name in way],
            "not": {"anyOf": [given(name) for other in ways if other != way for name in other]},
        }
        for way in ways
    ]


def _field_schema(field: FieldSpec) -> dict[str, Any]:
    schema = field.type.schema()
    if isinstance(field.type, ListOf) and field.type.length is None:
        kind = field.type.item
        item = record_schema(kind) if isinstance(kind, Record) else kind.schema()
        schema = {"anyOf": [{"type": "array", "items": item}, item]}  # a lone item is read as a list of one
    return schema | {"description": field.text}


def _former_names(field: FieldSpec, record: Record) -> list[str]:
    present = {known.name for known in record.fields}
    return [name for name in (field.name.replace("-", "_"), *field.former) if name not in present]


def model_of_type(models: Iterable[str], field: str) -> list[dict[str, Any]]:
    """Which flex-model goes with which type of device, as conditions; a storage's where no type is given."""
    return [
        {
            "if": {
                "properties": {"type": {"const": name}},
                "required": [] if name == "storage" else ["type"],
            },
            "then": {"properties": {field: {"$ref": f"#/$defs/{name}"}}},
        }
        for name in models
    ]


def markdown_table(record: Record) -> str:
    """The fields as a Markdown table for the documentation."""
    rows = (
        (f"`{f.name}`", f.type.describe(), "required" if f.required else f.default, f.text)
        for f in record.fields
    )
    return _table(("Field", "Holds", "Default", "Meaning"), rows)


def model_table(
    model: type[BaseModel], leave_out: Collection[str] = (), defaults: Mapping[str, str] | None = None
) -> str:
    """The fields of a pydantic model in the same way; `defaults` are those that the model itself does not know."""
    known = defaults or {}
    rows = (
        (
            f"`{field.alias or name}`",
            known.get(name, "required" if field.is_required() else _written(field.default)),
            field.description or "",
        )
        for name, field in model.model_fields.items()
        if name not in leave_out
    )
    return _table(("Field", "Default", "Meaning"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _written(default: object) -> str:
    """A default as people write it."""
    if isinstance(default, timedelta):
        return str(isodate.duration_isoformat(default))
    if isinstance(default, time):
        return f"{default:%H:%M}"
    if isinstance(default, tuple) and default:
        return ", ".join(map(_written, default))
    return str(default) if isinstance(default, str | float) and default else "none"
