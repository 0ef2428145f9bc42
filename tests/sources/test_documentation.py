"""What docs/sources.md shows can be written into a portfolio as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from flex_pipeline.sources import _SOURCES, check_source

PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text()
EXAMPLES = [
    line.partition("source: ")[2]
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_source(example: str) -> None:
    assert check_source(yaml.safe_load(example)) == []


def test_every_source_has_an_example() -> None:
    assert {kind for example in EXAMPLES for kind in yaml.safe_load(example) if kind in _SOURCES} == set(
        _SOURCES
    )


def test_every_option_of_a_table_is_described() -> None:
    options = {
        field.alias or name
        for name, field in _SOURCES["csv"].model_fields.items()
        if name not in ("path", "kind")
    }
    assert {option for option in options if f"| `{option}` |" not in PAGE} == set()
