"""The portfolio page: all sites of a day beside each other, for those who look after them."""

import base64
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from flex_pipeline.defs import partitions
from flex_pipeline.defs.forecast_metadata import MOST_ROWS, table
from flex_pipeline.defs.reporting import MODELS
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.planning.portfolio_report import site_cost, sites_on
from flex_pipeline.plots.page import Rows, known_total
from flex_pipeline.plots.portfolio_day import plot_portfolio_day
from flex_pipeline.plots.style import money

COLUMNS = ("site", "status", "cost", "saving", "CO2 saving", "regret", "blocked", "worst forecast")
TOTALS = ("cost", "saving")
# of a day that are drawn, those that cost or saved most; a picture of 20 takes 4 s and 0.3 MB of the event log
MOST_SITES = 20
MOST_PICTURES = 7  # days of a run that are drawn, the last ones


@dg.asset(
    group_name="reporting",
    kinds={"postgres"},
    partitions_def=partitions.dates,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=MODELS.exposed("portfolio_page"),
)
def portfolio_page(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> None:
    """Each site of the day: status, cost, saving and CO2, the newest regret, what was blocked and badly forecast.

    In its metadata, with the waterfall of each site's cost beside its powers. `flex-pipeline report` writes the same
    for a period.
    """
    for i, key in enumerate(reversed(context.partition_keys)):
        day = date.fromisoformat(key)
        sites = [
            row
            for row in sites_on(pipeline.warehouse.engine, day)
            if row["site_id"] in pipeline.portfolio.site_by_id
        ]
        metadata = _pictures(pipeline, sites, day) if i < MOST_PICTURES else {"plot": _command(day)}
        metadata |= {"number_of_sites": len(sites), "sites": table(map(_written, sites), COLUMNS)}
        if len(sites) > MOST_ROWS:
            metadata["left_out"] = f"{len(sites) - MOST_ROWS} sites: flex-pipeline report has all of them"
        context.add_asset_metadata({**metadata, **dict(_totals(sites))}, partition_key=key)


def _written(row: Mapping[str, Any]) -> dict[str, str]:
    """A site in as few columns as the UI has room for."""
    return {
        "site": row["site_id"],
        "status": row["status"],
        "cost": _amount(row["cost"], row["currency"]),
        "saving": _amount(row["saving"], row["currency"]),
        "CO2 saving": _amount(row["co2_saving_kg"], "kg"),
        "regret": _amount(row["regret"], row["currency"], f" ({row['regret_date']})"),
        "blocked": str(row["blocked_devices"]),
        "worst forecast": _amount(
            row["worst_rmae"], "x a week ago", f": {row['worst_forecast']} ({row['forecast_date']})"
        ),
    }


def _amount(value: float | None, unit: str, behind: str = "") -> str:
    return "" if value is None else money(value, unit) + behind


def _totals(sites: Rows) -> Iterator[tuple[str, float]]:
    """The money of all sites, by currency; Dagster draws it over the dates."""
    for currency in sorted({row["currency"] for row in sites}):
        own = [row for row in sites if row["currency"] == currency]
        for name in TOTALS:
            if (amount := known_total(own, name)) is not None:
                yield f"{name}_{currency}", amount


def _command(day: date) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md(f"`flex-pipeline report --from {day} --to {day}`")


def _pictures(pipeline: PipelineResource, sites: Rows, day: date) -> dict[str, Any]:
    """The sites that cost or saved most, in one picture."""
    planned = [row["site_id"] for row in sites if row["cost"] is not None]
    if not planned:
        return {}
    shown = planned[:MOST_SITES]
    costs = [site_cost(pipeline.warehouse.engine, pipeline.portfolio, site_id, day) for site_id in shown]
    picture = base64.b64encode(plot_portfolio_day(costs)).decode()
    found: dict[str, Any] = {
        "plot": dg.MetadataValue.md(f"![sites on {day}](data:image/png;base64,{picture})")
    }
    if len(planned) > len(shown):
        found["plot_shows"] = f"the {len(shown)} of {len(planned)} sites that cost or saved most"
    return found


assets = [portfolio_page]
