"""Reports of a portfolio's own, as docs/reports.md shows them: SQL becomes assets, with lineage and tests."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from flex_pipeline.defs import dbt_project
from flex_pipeline.defs.dbt_models import Models
from flex_pipeline.portfolio.loader import PortfolioError
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine, migrate
from tests.dbt_reports.plans import Reports, Step, store_sites
from tests.documentation.pages import DOCS, File, steps

PAGE = DOCS / "reports.md"
DAY = date(2026, 10, 24)


@pytest.fixture
def portfolio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a reader of the page has written."""
    for step in steps(PAGE):
        if isinstance(step, File):
            (tmp_path / step.path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / step.path).write_text(step.text)
    monkeypatch.setenv("FLEX_PORTFOLIO", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("portfolio")
def test_a_model_of_your_own_is_an_asset_with_lineage_and_checks() -> None:
    models = Models(dbt_project.manifest(), group="reporting")
    asset = models.assets["model.dbt_reports.cheap_days"]
    assert asset.key == dg.AssetKey(["reports", "cheap_days"])
    assert [dep.asset_key for dep in asset.deps] == [dg.AssetKey(["reports", "site_cost_daily"])]
    checks = {check.name: check.asset_key for check in models.checks.values()}
    assert checks["cheap_is_cheap"] == asset.key


@pytest.mark.usefixtures("portfolio")
def test_a_model_of_your_own_is_built_and_tested_with_the_others(database: Connection) -> None:
    migrate(database)
    with engine(database).begin() as session:
        store_sites(session)
    reports = Reports(database)
    reports.plan("home-01", DAY, {7: Step(load_kw=1)})  # 0.30
    results = reports.build(DAY)
    assert reports.rows("select site_id, date from reports.cheap_days") == [("home-01", DAY)]
    assert results["cheap_is_cheap"].status == "pass"
    may_read = (
        "select has_table_privilege('flex_reader', 'reports.cheap_days', 'select'), reloptions from pg_class"
    )
    assert reports.rows(f"{may_read} where relname = 'cheap_days'") == [(True, ["security_invoker=true"])]
    engine(database).dispose()


def test_a_folder_that_is_not_there_is_named(portfolio: Path) -> None:
    settings = portfolio / "portfolio.yaml"
    settings.write_text(re.sub(r"reports: .*", "reports: nowhere", settings.read_text()))
    with pytest.raises(PortfolioError, match='"nowhere" is not a folder'):
        dbt_project.manifest()


def test_a_model_that_cannot_be_parsed_is_named(portfolio: Path) -> None:
    (portfolio / "reports" / "broken.sql").write_text("select * from {{ ref('nothing') }}")
    with pytest.raises(dbt_project.DbtError, match=r"broken\.sql.* depends on a node named 'nothing'"):
        dbt_project.manifest()
