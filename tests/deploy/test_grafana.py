"""Every panel of the dashboard asks what there is to ask, and what it asks finds something."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from sqlalchemy import text

from flex_pipeline.warehouse import access
from flex_pipeline.warehouse.database import engine
from tests.dbt_reports.plans import Reports

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "grafana"
BOARD = json.loads((FOLDER / "dashboards" / "flex-pipeline.json").read_text(encoding="utf-8"))
PANELS = pytest.mark.parametrize("panel", BOARD["panels"], ids=[panel["title"] for panel in BOARD["panels"]])
NOW = datetime.now(UTC)
FROM, TO = (
    f"'{NOW + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}'" for days in (-70, 2)
)  # as Grafana writes them
MACROS = {
    r"\$__timeFilter\((\w+)\)": rf"\1 BETWEEN {FROM} AND {TO}",
    r"\$__timeFrom\(\)": FROM,
    r"\$__timeTo\(\)": TO,
    r"\$\{site:sqlstring\}": "'home-01','mill-01'",  # a variable of several values
    r"\$\{currency:sqlstring\}": "'EUR'",
}
UNITS = {"_kw": "kwatt", "_kwh": "kwatth", "_kg": "masskg", "_seconds": "s"}
MONEY = {
    "cost",
    "saving",
    "saves",
    "without_flexibility",
    "planned",
    "realised",
    "forecast",
    "execution",
    "model",
}
MONEY |= {"stock_difference_value", "deviation_cost"}


def asked(query: str) -> str:
    """A query as Grafana sends it."""
    for macro, meaning in MACROS.items():
        query = re.sub(macro, meaning, query)
    assert "$" not in query
    return query


def columns(reports: Reports, panel: dict[str, Any]) -> dict[str, type]:
    """What a panel shows, and of which type."""
    (target,) = panel["targets"]
    with engine(reports.connection).connect() as session:
        found = session.execute(text(asked(target["rawSql"])))
        rows = found.all()
        return {
            name: next((type(row[i]) for row in rows if row[i] is not None), type(None))
            for i, name in enumerate(found.keys())
        }


def unit(panel: dict[str, Any], column: str) -> str:
    """The unit in which a panel shows a column."""
    config = panel["fieldConfig"]
    for override in config["overrides"]:
        if override["matcher"] == {"id": "byName", "options": column}:
            for each in override["properties"]:
                if each["id"] == "unit":
                    return str(each["value"])
    return str(config["defaults"]["unit"])


@PANELS
def test_a_panel_finds_something(filled: Reports, panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        assert filled.rows(asked(target["rawSql"]))


@pytest.fixture(scope="module")
def login(filled: Reports) -> Iterator[str]:
    """The address of a login that reads the account of both sites, as the README has Grafana use one."""
    granted = access.grant(filled.connection, "acme", "grafana_of_a_test")
    assert granted.password
    yield replace(filled.connection.warehouse, user=granted.login, password=granted.password).url()
    access.revoke(filled.connection, "acme", granted.login)


@PANELS
def test_a_reader_sees_in_a_panel_what_there_is_of_the_account(
    filled: Reports, login: str, panel: dict[str, Any]
) -> None:
    query = asked(panel["targets"][0]["rawSql"])
    with psycopg.connect(login) as session:
        assert session.execute(query.encode()).fetchall() == filled.rows(query)


@PANELS
def test_a_panel_says_what_it_shows_and_in_which_unit(filled: Reports, panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    shown = columns(filled, panel)
    for name in (name for name, kind in shown.items() if kind is float):
        wanted = [unit for suffix, unit in UNITS.items() if name.endswith(suffix)]
        assert unit(panel, name) == (wanted[0] if wanted else panel["fieldConfig"]["defaults"]["unit"])
        if unit(panel, name) == "none" and name in MONEY and "unit" not in shown:
            assert "$currency" in panel["title"] + panel["description"]


@PANELS
def test_a_date_is_no_instant_that_the_zone_of_the_browser_would_move(
    filled: Reports, panel: dict[str, Any]
) -> None:
    assert date not in columns(filled, panel).values()


@PANELS
def test_what_a_panel_names_by_its_column_is_there(filled: Reports, panel: dict[str, Any]) -> None:
    named = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
    assert named <= set(columns(filled, panel))


def test_the_currency_and_its_sites_are_to_choose_from(filled: Reports) -> None:
    currency, site = BOARD["templating"]["list"]
    assert filled.rows(currency["query"]) == [("EUR",), ("USD",)]
    assert filled.rows(asked(site["query"])) == [("home-01",)]


def test_the_exposure_names_all_that_the_panels_ask() -> None:
    models = yaml.safe_load((FOLDER.parents[1] / "dbt_reports" / "models" / "exposures.yml").read_text())
    (exposure,) = (each for each in models["exposures"] if each["name"] == "grafana")
    queries = " ".join(target["rawSql"] for panel in BOARD["panels"] for target in panel["targets"])
    wanted = {f"ref('{name}')" for name in re.findall(r"reports\.(\w+)", queries)}
    assert set(exposure["depends_on"]) == wanted


def test_all_panels_ask_the_data_source_that_is_provisioned() -> None:
    provisioned = yaml.safe_load((FOLDER / "provisioning" / "datasources" / "flex.yaml").read_text())
    (source,) = provisioned["datasources"]
    wanted = {"type": source["type"], "uid": source["uid"]}
    assert all(panel["datasource"] == wanted for panel in BOARD["panels"])
    assert all(variable["datasource"] == wanted for variable in BOARD["templating"]["list"])
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
