"""Reports written to files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine

from flex_pipeline.planning.portfolio_report import portfolio_report
from flex_pipeline.planning.site_report import site_report
from flex_pipeline.plots import portfolio_report as portfolio_page
from flex_pipeline.plots import site_report as site_page


def write_site_report(engine: Engine, site_id: str, first: date, last: date, out: Path) -> Path:
    """Write the page of a site; returns its path. NotStoredError where the reports say nothing of it."""
    out.write_text(site_page.html(site_report(engine, site_id, first, last)), encoding="utf-8")
    return out


def write_portfolio_report(engine: Engine, first: date, last: date, out: Path) -> Path:
    """Write the page of all sites; returns its path. NotStoredError where the reports say nothing.

    `out`: an HTML file; or else a folder, where the page is `index.html` beside one of each site, which it leads to.
    """
    report = portfolio_report(engine, first, last)
    if out.suffix == ".html":
        out.write_text(portfolio_page.html(report, {}), encoding="utf-8")
        return out
    out.mkdir(parents=True, exist_ok=True)
    planned = [row["site_id"] for row in report.sites if row["cost"] is not None]
    files = {site_id: f"{quote(site_id, safe='')}.html" for site_id in planned}
    for site_id, name in files.items():
        write_site_report(engine, site_id, first, last, out / name)
    index = out / "index.html"
    index.write_text(
        portfolio_page.html(report, {site_id: quote(name) for site_id, name in files.items()}),
        encoding="utf-8",
    )
    return index
