"""What docs/quality.md shows can be written into a portfolio, and what it says of rules and defaults holds."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from flex_pipeline.planning import configuration
from flex_pipeline.portfolio.expected import REPAIR, RULES, Repair
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.quality.suites import SUITES
from flex_pipeline.quality.time_shift import RULE as CLOCK

PAGE = (Path(__file__).parents[2] / "docs" / "quality.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("|")
]
DEVICE = {"battery": {"flex-model": {"soc-max": "10 kWh", "power-capacity": "5 kW"}}}
LOAD = {"unit": "kW", "resolution": "PT15M", "kind": "load", "source": {"csv": "a.csv", "column": "a"}}


def loaded(folder: Path, example: str) -> Portfolio:
    given: dict[str, Any] = yaml.safe_load(example)
    context = {"consumption-price": "0.30 EUR/kWh"}
    site = {"site": "home-01", "flex-context": context, "devices": DEVICE, "sensors": {"load": LOAD}} | given
    (folder / "home.yaml").write_text(yaml.safe_dump(site))
    return configuration.load(folder)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_portfolio(tmp_path: Path, example: str) -> None:
    assert loaded(tmp_path, example).devices


def test_the_settings_of_a_kind_hold_for_its_sensors(tmp_path: Path) -> None:
    load = loaded(tmp_path, EXAMPLES[0]).sensors["load"]

    assert load.quality.flat_after == timedelta(hours=6)
    assert load.quality.spike == 8  # as it is without settings
    assert load.quality.severity == {"flat": "error", "spike": "repair"}
    assert load.repair == Repair(interpolate="PT1H", forecast="P1D")


def test_a_sensor_goes_before_the_settings_of_its_kind(tmp_path: Path) -> None:
    own = LOAD | {"quality": {"flat-after": "PT1H", "severity": {"flat": "warning"}}, "repair": {}}
    both = yaml.safe_load(EXAMPLES[0]) | {"sensors": {"load": own}}

    load = loaded(tmp_path, yaml.safe_dump(both)).sensors["load"]

    assert load.quality.flat_after == timedelta(hours=1)
    assert load.quality.severity == {"flat": "warning", "spike": "repair"}
    assert load.repair == Repair()


def test_every_rule_is_in_the_table_and_can_be_given_a_severity() -> None:
    named = {name for row in ROWS for name in re.findall(r"`([a-z-]+)`", row[0])}
    judged = {rule.name for rules in SUITES.values() for rule in rules}
    assert judged == set(RULES)
    assert judged | {CLOCK} <= named


def test_the_policies_in_the_table_are_the_defaults() -> None:
    told = {
        kind: yaml.safe_load(match[0])
        for row in ROWS
        if len(row) == 2 and (match := re.search(r"\{.*?\}", row[1]))
        for kind in row[0].split(", ")
    }
    assert told.keys() == SUITES.keys()
    assert told == {kind: dict(REPAIR.get(kind, {})) for kind in SUITES}
