"""The page of a site has the numbers of the marts, and needs nothing from elsewhere."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from flex_pipeline.planning.site_report import site_report
from flex_pipeline.plots.site_report import html
from flex_pipeline.warehouse.database import engine
from flex_pipeline.warehouse.plans import NotStoredError
from tests.dbt_reports.plans import Reports
from tests.documentation.html_page import Page
from tests.filled import TODAY

FIRST, LAST = TODAY - timedelta(days=2), TODAY - timedelta(days=1)


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
    assert re.findall(r"url\((?!#)", content) == []  # what it refers to is on the page
    assert page.open == []  # every tag is closed


def test_the_page_fits_a_phone_and_has_pictures_of_each_day(content: str) -> None:
    assert '<meta name="viewport" content="width=device-width,initial-scale=1">' in content
    pictures = Page(content).pictures
    for day in (FIRST, LAST):
        assert f"powers and prices of home-01 on {day}" in pictures


def test_the_waterfall_leads_from_no_flexibility_over_each_component_to_what_was_realised(
    filled: Reports, content: str
) -> None:
    (waterfall,) = (picture for picture in Page(content).pictures if picture.startswith("cost: "))
    bars = dict(bar.rsplit(" ", 2)[:2] for bar in waterfall.removeprefix("cost: ").split("; "))
    period = f"site_id = 'home-01' and date between '{FIRST}' and '{LAST}'"
    changed = filled.rows(f"""
        select component from reports.cost_component_daily where {period}
        group by component having abs(sum(cost) - sum(baseline_cost)) >= 0.005 order by component
    """)
    names = [str(name) for (name,) in changed]
    assert list(bars) == ["no flexibility", *names, "planned", "surprise", "realised"]
    assert {"energy bought", "energy sold"} <= set(names)
    ((before, planned, realised),) = filled.rows(
        f"select sum(baseline_cost), sum(cost), sum(realised_cost) from reports.cost_component_daily where {period}"
    )
    totals = [bars[name] for name in ("no flexibility", "planned", "realised")]
    assert totals == [f"{amount:.2f}" for amount in (before, planned, realised)]


def test_a_stock_is_drawn_between_its_bounds(filled: Reports) -> None:
    report = site_report(engine(filled.connection), "home-01", FIRST, LAST)
    assert report.soc_bounds_kwh == {(day, "home-01/battery"): (1.0, 10.0) for day in (FIRST, LAST)}
    (stock,) = re.findall(rf'<svg[^>]*"stock of home-01/battery on {FIRST}">.*?</svg>', html(report))
    assert stock.count("<title>bound</title>") == 2


def test_of_many_days_the_last_are_drawn_and_the_page_says_so(
    filled: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flex_pipeline.plots.site_report.MOST_DAYS", 1)
    content = html(site_report(engine(filled.connection), "home-01", FIRST, LAST))
    drawn = [picture for picture in Page(content).pictures if picture.startswith("powers and prices")]
    assert drawn == [f"powers and prices of home-01 on {LAST}"]
    assert "Of 2 days the last 1 are drawn." in content


def test_a_period_without_reports_is_told_as_such(filled: Reports) -> None:
    with pytest.raises(NotStoredError, match="the reports have nothing of home-02"):
        site_report(engine(filled.connection), "home-02", FIRST, LAST)
