"""The pages of reports in a real browser: on a phone nothing reaches beyond the screen, and what is seen is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from flex_pipeline.planning.report_files import write_portfolio_report
from flex_pipeline.warehouse.database import engine
from tests.browser import see
from tests.dbt_reports.plans import Reports
from tests.documentation.test_portfolio_report import FIRST, LAST, PERIOD

PHONE, DESK = 390, 1200  # CSS pixels


@pytest.fixture(scope="module")
def pages(filled: Reports, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    return write_portfolio_report(engine(filled.connection), FIRST, LAST, folder).parent


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", ["index", "home-01"])
def test_a_page_fits_the_screen_and_every_word_of_its_pictures_can_be_read(
    pages: Path, tmp_path: Path, name: str, width: int
) -> None:
    seen = see((pages / f"{name}.html").read_text(encoding="utf-8"), width, tmp_path)
    assert seen.width <= width
    assert seen.clipped == []
    assert seen.crossing == []
    assert seen.smallest >= 10  # px


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_numbers_that_are_seen_are_those_of_the_marts(
    filled: Reports, pages: Path, tmp_path: Path, width: int
) -> None:
    ((cost, saving),) = filled.rows(
        f"select sum(cost), sum(baseline_cost) - sum(cost) from reports.cost_component_daily where {PERIOD}"
    )
    seen = see((pages / "index.html").read_text(encoding="utf-8"), width, tmp_path)
    assert seen.column("sites-EUR", "cost") == [f"{cost:.2f}"]
    assert seen.column("sites-EUR", "saving") == [f"{saving:.2f}"]
    assert seen.links == ["home-01.html"]
    days = filled.rows(
        f"select energy_cost from reports.site_cost_daily where site_id = 'home-01' and {PERIOD} order by date"
    )
    page = see((pages / "home-01.html").read_text(encoding="utf-8"), width, tmp_path)
    assert page.column("days", "energy_cost") == [f"{round(float(str(c)), 2) + 0.0:.2f}" for (c,) in days]


def test_a_word_beyond_its_picture_and_a_page_that_is_too_wide_are_noticed(tmp_path: Path) -> None:
    picture = (
        '<svg aria-label="p" width="50" height="20"><text x="30" y="12">too long</text><text x="33" y="13">b'
    )
    seen = see(f'<div style="width:500px">{picture}</text></svg></div>', PHONE, tmp_path)
    assert seen.width >= 500
    assert seen.clipped == ["p: too long"]
    assert seen.crossing == ["p: too long over b"]
