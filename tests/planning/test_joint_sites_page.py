"""The examples of docs/joint-sites.md, planned for a day."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from flex_pipeline.planning.horizon import horizon
from flex_pipeline.planning.problem import Values, site_problem
from flex_pipeline.planning.published import published
from flex_pipeline.portfolio.loader import load_portfolio
from flex_pipeline.scheduling import read_problem, solve

PAGE = Path(__file__).resolve().parents[2] / "docs" / "joint-sites.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_page_has_a_best_plan(example: str, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(example)
    portfolio = load_portfolio(tmp_path, lambda *_: [], lambda *_: None)
    (site,) = portfolio.sites
    day = horizon(portfolio.settings, site.timezone, date(2026, 11, 19), datetime(2026, 11, 21, tzinfo=UTC))

    schedule = solve(read_problem(site_problem(site, site.devices, Values(portfolio, {}), day, {})))

    assert schedule.status == "optimal"
    assert not schedule.breaches


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_page_pleases_the_editor(example: str) -> None:
    assert Draft202012Validator(json.loads(published("portfolio"))).is_valid(yaml.safe_load(example))


def test_a_group_is_no_device_to_the_editor() -> None:
    file = yaml.safe_load(next(example for example in EXAMPLES if "plaza" in example))
    file["devices"]["plaza"] = {"type": "group", "flex-model": {"power-capacity": "44 kW"}}

    assert not Draft202012Validator(json.loads(published("portfolio"))).is_valid(file)
