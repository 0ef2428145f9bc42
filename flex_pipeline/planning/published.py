"""What is published about the files that people and programs write: JSON Schemas, and the list of fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

from flex_pipeline.portfolio.fields_page import fields_page
from flex_pipeline.portfolio.file_schema import portfolio_schema
from flex_pipeline.scheduling.problem_schema import problem_schema
from flex_pipeline.sources import source_schema

Published = Literal["portfolio", "problem", "fields"]


def published(what: Published) -> str:
    """The text of a schema or page, as the files under docs/ have it."""
    made: dict[Published, Callable[[], str]] = {
        "portfolio": lambda: _json(portfolio_schema(source_schema())),
        "problem": lambda: _json(problem_schema()),
        "fields": fields_page,
    }
    return made[what]()


def _json(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
