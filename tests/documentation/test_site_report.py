"""The page of a site has the numbers of the marts, and needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from flex_pipeline.planning.site_report import site_report
from flex_pipeline.plots.site_report import html
from flex_pipeline.warehouse.database import engine
from flex_pipeline.warehouse.plans import NotStoredError
from tests.dbt_reports.plans import Reports
from tests.filled import TODAY

FIRST, LAST = TODAY - timedelta(days=2), TODAY - timedelta(days=1)


class Page(HTMLParser):
    """Cells of tables by table and column, texts, and whatever refers to something else."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.cells: dict[tuple[str, str], list[str]] = {}
        self.references: list[str] = []
        self.open: list[str] = []
        self.pictures: list[str] = []
        self._table = ""
        self._column: str | None = None
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: Mapping[str, str | None] = dict(attrs)
        self.references += [f"{tag} {name}" for name in ("src", "href", "srcset", "action") if name in given]
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag == "table":
            self._table = given.get("id") or ""
        self._column = given.get("data-column") if tag == "td" else None
        if tag == "svg":
            self.pictures.append(given.get("aria-label") or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._column:
            self.cells.setdefault((self._table, self._column), []).append(data.replace("−", "-"))


@pytest.fixture(scope="module")
def content(filled: Reports) -> str:
    return html(site_report(engine(filled.connection), "home-01", FIRST, LAST))


@pytest.mark.parametrize(
    ("table", "column", "query"),
    [
        ("days", "energy_cost", "select energy_cost from reports.site_cost_daily where {} order by date"),
        ("days", "saving", "select saving from reports.site_cost_daily where {} order by date"),
        (
            "days",
            "realised_energy_cost",
            "select realised_energy_cost from reports.site_cost_daily where {} order by 1",
        ),
        ("savings", "saving", "select sum(saving) from reports.saving_daily where {} group by baseline"),
        (
            "devices",
            "profit",
            "select sum(profit) from reports.device_energy_daily where {} group by device_id",
        ),
        ("limits", "value", "select sum(value) from reports.flexibility_value_daily where {}"),
    ],
)
def test_the_numbers_of_the_page_are_those_of_the_marts(
    filled: Reports, content: str, table: str, column: str, query: str
) -> None:
    period = f"site_id = 'home-01' and date between '{FIRST}' and '{LAST}'"
    wanted = [f"{round(float(str(value)), 2) + 0.0:.2f}" for (value,) in filled.rows(query.format(period))]
    assert sorted(Page(content).cells[table, column]) == sorted(wanted)


def test_the_page_needs_nothing_from_elsewhere(content: str) -> None:
    page = Page(content)
    assert page.references == []
    assert "script" not in content
    assert "url(" not in content
    assert page.open == []  # every tag is closed


def test_the_page_fits_a_phone_and_has_pictures_of_each_day(content: str) -> None:
    assert '<meta name="viewport" content="width=device-width,initial-scale=1">' in content
    pictures = Page(content).pictures
    for day in (FIRST, LAST):
        assert f"powers and prices of home-01 on {day}" in pictures


def test_a_period_without_reports_is_told_as_such(filled: Reports) -> None:
    with pytest.raises(NotStoredError, match="the reports have nothing of home-02"):
        site_report(engine(filled.connection), "home-02", FIRST, LAST)
