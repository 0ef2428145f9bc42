"""The report of all sites for a period as one HTML page, with a link to the page of each site that has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

import numpy as np

from flex_pipeline.plots import svg, waterfall
from flex_pipeline.plots.page import Rows, blocks, cards, known_total, page

SITES = {
    "site_id": "site",
    "cost": "planned cost",
    "realised_cost": "realised cost",
    "saving": "saving",
    "co2_saving_kg": "CO2 saved kg",
    "regret": "regret",
    "rmae": "forecast error",
    "deviation_kwh": "off the plan kWh",
    "days_without_plan": "days without plan",
    "spark": "cost by day",
}


@dataclass(frozen=True)
class PortfolioReport:
    """What the reports say of all sites for some local days; rows as they stand in the marts."""

    first: date
    last: date
    sites: Rows  # one a site: sums over the days of the marts by site and day, with the currency
    components: Rows  # reports.cost_component_daily, summed by site and component
    costs: Rows  # the same, summed by site and date

    @property
    def days(self) -> list[date]:
        """All days of the period."""
        return [self.first + timedelta(days=i) for i in range((self.last - self.first).days + 1)]


def html(report: PortfolioReport, pages: Mapping[str, str]) -> str:
    """The whole page. `pages`: where the page of a site is, from this one, by site."""
    period = f"{report.first} to {report.last}" if report.last > report.first else f"{report.first}"
    body = [
        f"<h1>{len(report.sites)} sites</h1><p>{period} · local days of each site</p>",
        *(part for currency in _currencies(report) for part in _of_currency(report, currency, pages)),
        '<p class="note">Costs are those of all components, negative for income; savings are against no flexibility. '
        "Regret is what the days that could be compared cost beyond perfect foresight. The forecast error is the mean "
        "of the site’s own sensors against that of a week before: below 1 is better. Off the plan is by how much "
        "meters differ from it, whatever the sign. –: not known, or not yet.</p>",
    ]
    return page(f"{len(report.sites)} sites, {period}", body)


def _currencies(report: PortfolioReport) -> list[str]:
    return sorted({row["currency"] for row in report.sites})


def _of_currency(report: PortfolioReport, currency: str, pages: Mapping[str, str]) -> Iterator[str]:
    """The sites whose money can be added up."""
    sites = [row for row in report.sites if row["currency"] == currency]
    own = {row["site_id"] for row in sites}
    components = waterfall.components_of([row for row in report.components if row["site_id"] in own])
    bars = waterfall.bars(components)
    totals = {bar.name: bar.amount for bar in bars if bar.is_total}
    yield cards(
        {
            f"planned cost {currency}": totals["planned"],
            f"realised cost {currency}": totals.get("realised"),
            f"saving {currency}": totals["no flexibility"] - totals["planned"],
            f"regret {currency}": known_total(sites, "regret"),
            "CO2 saved kg": known_total(sites, "co2_saving_kg"),
        }
    )
    yield f'<div class="money">{svg.waterfall(bars, currency)}</div>'
    yield f"<h2>Sites, amounts in {escape(currency)}</h2>"
    drawn = {"site_id": _links(sites, pages), "spark": _sparklines(report, currency)}
    yield blocks(f"sites-{currency}", [{**row, "spark": row["site_id"]} for row in sites], SITES, drawn)


def _links(sites: Rows, pages: Mapping[str, str]) -> dict[str, str]:
    """The name of each site, that leads to its page where it has one."""
    names = {row["site_id"]: escape(row["site_id"]) for row in sites}
    return {
        site_id: f'<a href="{escape(pages[site_id])}">{name}</a>' if site_id in pages else name
        for site_id, name in names.items()
    }


def _sparklines(report: PortfolioReport, currency: str) -> dict[str, str]:
    """The costs of the days of each site, small."""
    days = report.days
    by_site: dict[str, dict[date, float]] = {row["site_id"]: {} for row in report.sites}
    for row in report.costs:
        by_site.setdefault(row["site_id"], {})[row["date"]] = row["cost"]
    return {
        site_id: svg.sparkline(
            np.array([costs.get(day, np.nan) for day in days]), f"cost of {site_id} by day, {currency}"
        )
        for site_id, costs in by_site.items()
    }
