"""Every panel of the dashboard asks what there is to ask, and what it asks finds something."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dbt_reports.plans import Reports

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "grafana"
BOARD = json.loads((FOLDER / "dashboards" / "flex-pipeline.json").read_text(encoding="utf-8"))
MACROS = {
    r"\$__timeFilter\((\w+)\)": r"\1 between now() - interval '70 days' and now() + interval '2 days'",
    r"\$__timeFrom\(\)": "(now() - interval '70 days')",
    r"\$__timeTo\(\)": "(now() + interval '2 days')",
    r"\$site": "'home-01','mill-01'",  # how Grafana writes a variable of several values
}


def asked(query: str) -> str:
    """A query as Grafana sends it."""
    for macro, meaning in MACROS.items():
        query = re.sub(macro, meaning, query)
    assert "$" not in query
    return query


@pytest.mark.parametrize("panel", BOARD["panels"], ids=[panel["title"] for panel in BOARD["panels"]])
def test_a_panel_finds_something(filled: Reports, panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        assert filled.rows(asked(target["rawSql"]))


def test_the_sites_to_choose_from_are_those_that_there_are(filled: Reports) -> None:
    (site,) = BOARD["templating"]["list"]
    assert filled.rows(asked(site["query"])) == [("home-01",), ("mill-01",)]


def test_all_panels_ask_the_data_source_that_is_provisioned() -> None:
    provisioned = yaml.safe_load((FOLDER / "provisioning" / "datasources" / "flex.yaml").read_text())
    (source,) = provisioned["datasources"]
    wanted = {"type": source["type"], "uid": source["uid"]}
    assert all(panel["datasource"] == wanted for panel in BOARD["panels"])
    assert all(target["datasource"] == wanted for panel in BOARD["panels"] for target in panel["targets"])


def test_panels_do_not_lie_on_each_other() -> None:
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in BOARD["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert all(x < 24 for x, _ in cells)


def test_the_dashboard_is_found_where_it_is_provisioned() -> None:
    provisioned = yaml.safe_load((FOLDER / "provisioning" / "dashboards" / "flex.yaml").read_text())
    (provider,) = provisioned["providers"]
    folder = provider["options"]["path"].replace("${FLEX_GRAFANA}", str(FOLDER))
    assert list(Path(folder).glob("*.json"))
