"""The page of all sites has the numbers of the marts, and leads to the page of each."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from flex_pipeline.planning.portfolio_report import portfolio_report
from flex_pipeline.planning.report_files import write_portfolio_report
from flex_pipeline.plots.portfolio_report import html
from flex_pipeline.warehouse.database import engine
from flex_pipeline.warehouse.plans import NotStoredError
from tests.dbt_reports.plans import Reports
from tests.documentation.html_page import Page
from tests.filled import TODAY

FIRST, LAST = TODAY - timedelta(days=2), TODAY
PERIOD = f"date between '{FIRST}' and '{LAST}'"


@pytest.fixture(scope="module")
def content(filled: Reports) -> str:
    return html(portfolio_report(engine(filled.connection), FIRST, LAST), {})


@pytest.mark.parametrize(
    ("column", "query"),
    [
        ("cost", f"select sum(cost) from reports.cost_component_daily where {PERIOD}"),
        ("saving", f"select sum(baseline_cost) - sum(cost) from reports.cost_component_daily where {PERIOD}"),
        ("co2_saving_kg", f"select sum(saving_kg) from reports.emissions_daily where {PERIOD}"),
        ("regret", f"select sum(regret) from reports.regret_daily where {PERIOD}"),
        ("deviation_kwh", f"select sum(deviation_kwh) from reports.adherence_daily where {PERIOD}"),
        # one sensor of the site has a forecast to compare, of one day
        (
            "rmae",
            f"""select mae / mae_naive from reports.forecast_accuracy_daily
                where sensor = 'home-01.load' and {PERIOD}""",
        ),
    ],
)
def test_the_numbers_of_a_site_are_those_of_the_marts(
    filled: Reports, content: str, column: str, query: str
) -> None:
    ((value,),) = filled.rows(query)
    assert Page(content).cells["sites-EUR", column] == [f"{float(str(value)):.2f}"]


def test_sites_of_another_currency_are_not_added_up(content: str) -> None:
    assert Page(content).cells["sites-USD", "cost"] == ["–"]  # the mill was blocked
    assert Page(content).cells["sites-USD", "days_without_plan"] == ["1"]


def test_the_page_needs_nothing_from_elsewhere(content: str) -> None:
    page = Page(content)
    assert page.references == []
    assert "script" not in content
    assert page.open == []  # every tag is closed


def test_each_day_of_a_site_has_its_cost_in_the_small_picture(content: str) -> None:
    (spark,) = re.findall(r'<svg[^>]*"cost of home-01 by day, EUR">(.*?)</svg>', content)
    assert spark.count("<rect") == 3


def test_a_folder_has_a_page_of_each_planned_site_that_the_first_page_leads_to(
    filled: Reports, tmp_path: Path
) -> None:
    index = write_portfolio_report(engine(filled.connection), FIRST, LAST, tmp_path / "october")
    assert sorted(path.name for path in index.parent.iterdir()) == ["home-01.html", "index.html"]
    assert re.findall(r'href="(.*?)"', index.read_text(encoding="utf-8")) == ["home-01.html"]


def test_a_file_stands_alone(filled: Reports, tmp_path: Path) -> None:
    written = write_portfolio_report(engine(filled.connection), FIRST, LAST, tmp_path / "all.html")
    assert [path.name for path in tmp_path.iterdir()] == ["all.html"]
    assert "href" not in written.read_text(encoding="utf-8")


def test_a_period_without_reports_is_told_as_such(filled: Reports) -> None:
    early = TODAY - timedelta(days=300)
    with pytest.raises(NotStoredError, match="the reports have nothing from"):
        portfolio_report(engine(filled.connection), early, early)
