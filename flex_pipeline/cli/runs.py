"""Run the pipeline: `run` and `backfill`; look at what they made: `ui`, `plot` and `report`."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from flex_pipeline.cli.options import DeviceOption, FromOption, PortfolioOption, ToOption
from flex_pipeline.cli.server import migrated

app = typer.Typer()


@app.command()
def run(portfolio: PortfolioOption = None, first: FromOption = None, last: ToOption = None) -> None:
    """Run the whole pipeline. Default dates: the last 3 complete days, today and tomorrow."""
    _materialise(portfolio, first, last, devices=None)


@app.command()
def backfill(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"])],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"])],
    device: DeviceOption = None,
    portfolio: PortfolioOption = None,
) -> None:
    """Run a range of dates in one process, one Dagster run a date and stage, oldest first."""
    _materialise(portfolio, first, last, devices=device)


@app.command()
def ui(port: Annotated[int, typer.Option(help="Where the UI listens, on 127.0.0.1.")] = 3000) -> None:
    """Serve the Dagster UI and run its daemon, over the instance that `run` uses, until Ctrl-C."""
    from flex_pipeline.defs.server import serve

    raise typer.Exit(serve(migrated(), port))


@app.command()
def plot(
    site: Annotated[str, typer.Argument(help="A site, such as home-01.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A planned local date.")],
    out: Annotated[Path, typer.Option("--out", help="The PNG to write.")] = Path("plan.png"),
    portfolio: PortfolioOption = None,
) -> None:
    """Draw the plan of a site for a day: prices, powers, limits and stocks."""
    from flex_pipeline.planning.configuration import load
    from flex_pipeline.planning.picture import site_day
    from flex_pipeline.plots.schedule import plot_site_day
    from flex_pipeline.warehouse.database import engine
    from flex_pipeline.warehouse.resolve import resolve

    found = load(portfolio)
    out.write_bytes(plot_site_day(site_day(engine(resolve()), found, site, day.date())))
    typer.echo(f"wrote {out}")


@app.command()
def report(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First local date.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last local date.")],
    site: Annotated[str | None, typer.Option("--site", help="Only a site, such as home-01.")] = None,
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="The HTML file to write; for all sites, a folder with a page of each, too."
        ),
    ] = Path("report.html"),
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write what the reports say of all sites, or of one, as HTML pages that need nothing else."""
    from flex_pipeline.planning.report_files import write_portfolio_report, write_site_report
    from flex_pipeline.warehouse.database import engine
    from flex_pipeline.warehouse.resolve import resolve

    begin, end = first.date(), last.date()
    if end < begin:
        raise typer.BadParameter(f"--to {end} is before --from {begin}")
    warehouse = engine(resolve())
    if site:
        written = write_site_report(warehouse, site, begin, end, out)
    else:
        written = write_portfolio_report(warehouse, begin, end, out)
    typer.echo(f"wrote {written}")
    if show:
        typer.launch(str(written))


def _materialise(
    portfolio: Path | None, first: datetime | None, last: datetime | None, devices: list[str] | None
) -> None:
    if portfolio:
        os.environ["FLEX_PORTFOLIO"] = str(portfolio.absolute())
    from flex_pipeline.definitions import build_defs
    from flex_pipeline.defs.runner import materialise
    from flex_pipeline.planning.configuration import load

    found = load()
    today = datetime.now(ZoneInfo(found.settings.timezone)).date()
    begin = first.date() if first else (last.date() if last else today) - timedelta(days=3)
    end = last.date() if last else _default_end(first, today)
    if end < begin:
        raise typer.BadParameter(f"--to {end} is before --from {begin}")
    raise typer.Exit(0 if materialise(build_defs(), found, begin, end, devices) else 1)


def _default_end(first: datetime | None, today: date) -> date:
    tomorrow = today + timedelta(days=1)
    return max(first.date(), tomorrow) if first else tomorrow
