"""`flex-pipeline`: run, backfill, solve a problem file, look at the database."""

from __future__ import annotations

import json
import os
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from flex_pipeline.planning.recreation import Recreated

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
db = typer.Typer(no_args_is_help=True, help="The embedded PostgreSQL server.")
portfolio_app = typer.Typer(no_args_is_help=True, help="Portfolios.")
app.add_typer(db, name="db")
app.add_typer(portfolio_app, name="portfolio")
inputs_app = typer.Typer(no_args_is_help=True, help="What a stored plan or forecast was made from.")
app.add_typer(inputs_app, name="inputs")

PortfolioOption = Annotated[
    Path | None,
    typer.Option("--portfolio", help="Folder of YAML files, one a site. Default: the bundled demo."),
]
FromOption = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First local date.")
]
ToOption = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last local date.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Where to write it; default: print it.")]
DeviceOption = Annotated[list[str] | None, typer.Option("--device", help="Only this device (and its site).")]

EXIT_BAD_INPUT = 2


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
def solve(
    problem: Annotated[Path, typer.Argument(help="A problem file (JSON).")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write the schedule; default: print it.")
    ] = None,
) -> None:
    """Solve one scheduling problem: no database, no Dagster.

    Exit status 0 when solved (also with breaches), 3 when only a fallback could be given, 2 for bad input.
    """
    from flex_pipeline.scheduling.problem_file import solve_file

    answer = solve_file(problem)
    if answer.schedule is None:
        typer.echo("\n".join(f"{problem}: {fault}" for fault in answer.faults), err=True)
        raise typer.Exit(answer.exit_status)
    _write(json.dumps(answer.schedule.to_dict(), indent=1) + "\n", out)
    raise typer.Exit(answer.exit_status)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def psql(context: typer.Context) -> None:
    """Open psql on the warehouse; everything after the word goes to it, such as -c "select 1"."""
    from flex_pipeline.warehouse.psql import exec_psql
    from flex_pipeline.warehouse.resolve import resolve

    exec_psql(resolve(), context.args)


@app.command()
def ui(port: Annotated[int, typer.Option(help="Where the UI listens, on 127.0.0.1.")] = 3000) -> None:
    """Serve the Dagster UI and run its daemon, over the instance that `run` uses, until Ctrl-C."""
    from flex_pipeline.defs.server import serve
    from flex_pipeline.warehouse.database import migrate
    from flex_pipeline.warehouse.resolve import resolve

    connection = resolve()
    migrate(connection)
    raise typer.Exit(serve(connection, port))


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


@inputs_app.command("plan")
def inputs_of_plan(
    site: Annotated[str, typer.Argument(help="A site, such as home-01.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A planned local date.")],
    run: Annotated[
        int | None, typer.Option("--run", help="A plan's run_id; default: the one in force.")
    ] = None,
    out: OutOption = None,
) -> None:
    """The problem file that a plan was made from, from the beliefs of its time. Exit status 1 if it differs."""
    from flex_pipeline.planning.recreation import recreate_plan_inputs
    from flex_pipeline.warehouse.database import engine
    from flex_pipeline.warehouse.resolve import resolve

    _show(recreate_plan_inputs(engine(resolve()), site, day.date(), run), "problem", out)


@inputs_app.command("forecast")
def inputs_of_forecast(
    sensor: Annotated[str, typer.Argument(help="A sensor, such as home-01.load.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A local date it was forecast for.")],
    out: OutOption = None,
) -> None:
    """What a forecast was made from, as of its planning time. Exit status 1 if it differs."""
    from flex_pipeline.planning.recreation import recreate_forecast_inputs
    from flex_pipeline.warehouse.database import engine
    from flex_pipeline.warehouse.resolve import resolve

    _show(recreate_forecast_inputs(engine(resolve()), sensor, day.date()), "forecast", out)


@app.command()
def schema(
    what: Annotated[
        Literal["portfolio", "problem", "fields"],
        typer.Argument(help="The JSON Schema of one, or all fields of a portfolio in Markdown."),
    ],
    out: OutOption = None,
) -> None:
    """What a portfolio or a problem file may hold, for editors, programs and people."""
    from flex_pipeline.planning.published import published

    _write(published(what), out)


@app.command()
def check_definitions() -> None:
    """Load all definitions as Dagster does, and name what does not fit together."""
    import dagster as dg

    from flex_pipeline.definitions import build_defs

    definitions = build_defs()
    dg.Definitions.validate_loadable(definitions)
    graph = definitions.resolve_asset_graph()
    typer.echo(
        f"{len(graph.materializable_asset_keys)} assets, {len(graph.asset_check_keys)} checks: all fit"
    )


@app.command()
def env() -> None:
    """Print the connection settings as shell exports: eval "$(flex-pipeline env)"."""
    import shlex

    from flex_pipeline.warehouse.resolve import resolve

    for name, value in resolve().environment().items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@db.command()
def start() -> None:
    """Start the embedded server, or attach to it, and bring the schema up to date."""
    from flex_pipeline.warehouse.database import migrate
    from flex_pipeline.warehouse.resolve import resolve

    connection = resolve()
    migrate(connection)
    typer.echo(f"PostgreSQL answers on {connection.warehouse.host}, port {connection.warehouse.port}")


@db.command()
def stop() -> None:
    """Stop the embedded server."""
    from flex_pipeline.warehouse import embedded
    from flex_pipeline.warehouse.resolve import default_home

    typer.echo("stopped" if embedded.stop(default_home()) else "it was not running")


@portfolio_app.command()
def validate(folder: Annotated[Path, typer.Argument()]) -> None:
    """List everything wrong with a portfolio, with file and line."""
    from flex_pipeline.planning.configuration import load

    found = load(folder)
    for notice in found.notices:
        typer.echo(notice)
    typer.echo(
        f"{folder}: {len(found.sites)} sites, {len(found.devices)} devices, {len(found.sensors)} sensors"
    )


def _show(again: Recreated, part: str, out: Path | None) -> None:
    _write(json.dumps(again.inputs[part], indent=1) + "\n", out)
    typer.echo(str(again), err=True)
    raise typer.Exit(0 if again.is_same else 1)


def _write(text: str, out: Path | None) -> None:
    if out:
        out.write_text(text, encoding="utf-8")
    else:
        typer.echo(text, nl=False)


@portfolio_app.command("import")
def import_(
    export: Annotated[
        Path, typer.Argument(help="Assets and sensors as the API of FlexMeasures answers (JSON).")
    ],
    out: Annotated[Path, typer.Option("--out", help="A folder to write the YAML files into.")] = Path(
        "portfolio"
    ),
) -> None:
    """Write a portfolio from an export of FlexMeasures, and list what it does not carry over."""
    from flex_pipeline.portfolio.flexmeasures.export import read_export
    from flex_pipeline.portfolio.flexmeasures.importing import import_export
    from flex_pipeline.portfolio.loader import PortfolioError

    if any(out.glob("*.y*ml")):
        raise PortfolioError([f"{out}\n  holds YAML files already; name another folder with --out"])
    imported = import_export(read_export(export))
    out.mkdir(parents=True, exist_ok=True)
    for name, text in imported.files.items():
        (out / name).write_text(text, encoding="utf-8")
    for note in imported.notes:
        typer.echo(note)
    validate(out)


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


def main() -> None:
    """The command, with what users can put right told in words instead of a traceback."""
    from flex_pipeline.defs.server import PortTakenError
    from flex_pipeline.portfolio.loader import PortfolioError
    from flex_pipeline.warehouse.connection import ServerError
    from flex_pipeline.warehouse.plans import NotStoredError

    try:
        app()
    except (PortfolioError, ServerError, PortTakenError, NotStoredError) as error:
        typer.echo(str(error), err=True)
        sys.exit(EXIT_BAD_INPUT)


if __name__ == "__main__":
    main()
