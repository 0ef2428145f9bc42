"""What follows from a declaration for people and editors: a JSON Schema and a table."""

from __future__ import annotations

from typing import Any

from flex_pipeline.portfolio.fields import Record
from flex_pipeline.timeseries.variable_quantity import BESIDE_SERIES

SEGMENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "value": {"type": ["string", "number"]},
        **{name: {"type": "string"} for name in ("start", "end", "duration", "datetime", "time")},
    },
    "required": ["value"],
    "additionalProperties": False,
}
BESIDE_SCHEMA = {name: {"type": ["string", "number"]} for name in BESIDE_SERIES}
SHARED_DEFS: dict[str, Any] = {
    "sensor": {
        "type": "object",
        "properties": {"sensor": {"type": "string"}, **BESIDE_SCHEMA},
        "required": ["sensor"],
        "additionalProperties": False,
    },
    "series": {
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
    },
    "segments": {"anyOf": [SEGMENT_SCHEMA, {"type": "array", "items": SEGMENT_SCHEMA, "minItems": 1}]},
}


def json_schema(record: Record, title: str) -> dict[str, Any]:
    """A JSON Schema document for one kind of record."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **record.schema(),
        "$defs": SHARED_DEFS,
    }


def markdown_table(record: Record) -> str:
    """The fields as a Markdown table for the documentation."""
    rows = [f"| `{f.name}` | {f.type.describe()} | {f.default} | {f.text} |" for f in record.fields]
    return "\n".join(["| Field | Holds | Default | Meaning |", "|---|---|---|---|", *rows])
