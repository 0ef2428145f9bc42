"""What docs/sources.md shows can be written into a portfolio as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from flex_pipeline.planning import configuration
from flex_pipeline.sources import _SOURCES, check_source

PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = [
    line.partition("source: ")[2] for block in BLOCKS for line in block.splitlines() if "source: " in line
]
SITES = [block for block in BLOCKS if "devices:" in block]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_source(example: str) -> None:
    assert check_source(yaml.safe_load(example)) == []


@pytest.mark.parametrize("example", SITES)
def test_an_example_with_devices_is_a_site(tmp_path: Path, example: str) -> None:
    (tmp_path / "site.yaml").write_text(
        f"site: garage\nflex-context: {{consumption-price: 0.3 EUR/kWh}}\n{example}"
    )

    assert configuration.load(tmp_path).devices


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
