"""What the documentation shows is what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from flex_pipeline.scheduling import read_problem, solve
from flex_pipeline.scheduling.model.equations import equations
from tests.scheduling.sites import battery, site

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCHEDULING, PLUGINS = ((DOCS / name).read_text(encoding="utf-8") for name in ("scheduling.md", "plugins.md"))


def test_the_equations_are_those_of_the_code() -> None:
    assert SCHEDULING.split("<!-- equations -->\n\n")[1] == equations() + "\n"


def test_the_problem_in_the_documentation_is_one() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", SCHEDULING, flags=re.DOTALL)

    assert solve(read_problem(json.loads(example))).status == "optimal"


@pytest.mark.parametrize("name", ["ramp_limit.py", "electrolyser.py"])
def test_the_plugins_in_the_documentation_are_those_that_are_tested(name: str) -> None:
    code = (DOCS / "plugins" / name).read_text(encoding="utf-8")

    assert f"<!-- {name} -->\n\n```python\n{code}```\n" in PLUGINS


def test_the_cycle_limit_does_what_the_documentation_says() -> None:
    schedule = solve(
        read_problem(
            site(
                [0.1, 0.3, 0.1, 0.3, 0.1, 0.2],
                battery(soc_max="4 kWh", power_capacity="4 kW", maximum_cycles_per_day="2"),
            )
        )
    )

    assert schedule.costs.total == pytest.approx(-1.6)
    (worth,) = [price for price in schedule.shadow_prices if price.family == "cycle_limit"]
    assert (worth.per, worth.values[0]) == ("kWh", pytest.approx(0.2))
