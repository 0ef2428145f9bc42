"""`flex-pipeline`: run, backfill, solve a problem file, look at the database."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from flex_pipeline.planning.recreation import Recreated
    from flex_pipeline.warehouse.connection import Connection

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
db = typer.Typer(no_args_is_help=True, help="The embedded PostgreSQL server.")
portfolio_app = typer.Typer(no_args_is_help=True, help="Portfolios.")
access = typer.Typer(no_args_is_help=True, help="Who may read the rows of which account.")
app.add_typer(db, name="db")
app.add_typer(access, name="access")
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
    problems: Annotated[list[Path], typer.Argument(help="Problem files (JSON).")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where to write the schedule, or a folder for many; default: print them."),
    ] = None,
    plugins: Annotated[
        list[str] | None, typer.Option("--plugin", help="A module with more fields or types of devices.")
    ] = None,
) -> None:
    """Solve scheduling problems: no database, no Dagster. Many are printed as JSON lines.

    Exit status 0 when solved (also with breaches), 3 when only a fallback could be given, 2 for bad input.
    """
    from flex_pipeline.scheduling.problem_file import exit_status, solve_files

    targets = _schedule_files(problems, out)
    statuses = []
    for problem, target, answer in zip(problems, targets, solve_files(problems, plugins or ()), strict=True):
        statuses.append(answer.exit_status)
        if answer.schedule is None:
            typer.echo("\n".join(f"{problem}: {fault}" for fault in answer.faults), err=True)
        elif target is not None:
            target.write_text(json.dumps(answer.schedule.to_dict(), indent=1) + "\n", encoding="utf-8")
        elif len(problems) == 1:
            typer.echo(json.dumps(answer.schedule.to_dict(), indent=1))
        else:
            typer.echo(json.dumps({"file": str(problem), **answer.schedule.to_dict()}))
    raise typer.Exit(exit_status(statuses))


def _schedule_files(problems: list[Path], out: Path | None) -> list[Path | None]:
    """Where each schedule goes; None: it is printed."""
    if out is None:
        return [None] * len(problems)
    if len(problems) == 1 and not out.is_dir():
        return [out]
    names = [problem.name for problem in problems]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise typer.BadParameter(f"{out} can hold one schedule of {twice[0]}, and two are asked for")
    out.mkdir(parents=True, exist_ok=True)
    return [out / name for name in names]


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

    raise typer.Exit(serve(_migrated(), port))


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
    connection = _migrated()
    typer.echo(f"PostgreSQL answers on {connection.warehouse.host}, port {connection.warehouse.port}")


@db.command()
def stop() -> None:
    """Stop the embedded server."""
    from flex_pipeline.warehouse import embedded
    from flex_pipeline.warehouse.resolve import default_home

    typer.echo("stopped" if embedded.stop(default_home()) else "it was not running")


LoginOption = Annotated[str | None, typer.Option("--login", help="Name of the login.")]


@app.command()
def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; change nothing.")] = False,
    portfolio: PortfolioOption = None,
) -> None:
    """Thin and drop old beliefs, as the settings of the portfolio say."""
    from flex_pipeline.planning.configuration import load
    from flex_pipeline.warehouse.database import engine
    from flex_pipeline.warehouse.retention import expire, find_expired

    settings = load(portfolio).settings.retention
    warehouse, today = engine(_migrated()), datetime.now(UTC).date()
    if dry_run:
        with warehouse.connect() as session:
            found = find_expired(session, settings, today)
    else:
        found = expire(warehouse, settings, today)
    for expired in found:
        typer.echo(
            f"{expired.month:%Y-%m}  {'drop' if expired.dropped else 'thin'}  {expired.rows:,} beliefs"
        )
    typer.echo(f"{'would go' if dry_run else 'gone'}: {sum(expired.rows for expired in found):,} beliefs")


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The file to write, for you only.")]) -> None:
    """Write all that the embedded server holds to one file, while everything runs on."""
    from flex_pipeline.warehouse.backup import backup as back_up

    back_up(_embedded_home(), file)
    typer.echo(f"wrote {file}, {file.stat().st_size / 1e6:.1f} MB")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that backup wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace what the server holds now.")] = False,
) -> None:
    """Put a backup in the place of what the embedded server holds; whatever fails, that stays as it was."""
    from flex_pipeline.warehouse.backup import restore as restore_backup
    from flex_pipeline.warehouse.database import migrate

    migrate(restore_backup(_embedded_home(), file, force=force))
    typer.echo(f"restored {file}")


@access.command()
def grant(
    account: Annotated[str, typer.Argument(help="An account of the portfolio.")],
    login: Annotated[str | None, typer.Option("--login", help="Default: ACCOUNT_reader.")] = None,
) -> None:
    """Make a login that sees the rows of an account; an existing reader gets this account as well.

    The password is FLEX_READER_PASSWORD where that is set, else a random one, printed once.
    """
    from flex_pipeline.warehouse.access import grant as grant_access

    connection = _migrated()
    given = os.environ.get("FLEX_READER_PASSWORD") or None
    granted = grant_access(connection, account, login, given)
    database = connection.warehouse
    typer.echo(f"login     {granted.login}, reads {', '.join(granted.accounts)}")
    if granted.password and not given:
        typer.echo(f"password  {granted.password}   (kept nowhere: note it now)")
    typer.echo(
        f"address   host={database.host} port={database.port} dbname={database.name} user={granted.login}"
    )


@access.command()
def revoke(account: Annotated[str, typer.Argument()], login: LoginOption = None) -> None:
    """Take an account from a login, or from all of them; a login that is left with none is dropped."""
    from flex_pipeline.warehouse.access import revoke as revoke_access

    logins = revoke_access(_migrated(), account, login)
    typer.echo(f"{', '.join(logins)} no longer reads {account}")


@access.command("list")
def list_access() -> None:
    """Each login and the accounts that it reads."""
    from flex_pipeline.warehouse.access import list_readers

    for login, accounts in list_readers(_migrated()).items():
        typer.echo(f"{login}  {', '.join(accounts)}")


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


def _migrated() -> Connection:
    """The connection, to a schema that is up to date."""
    from flex_pipeline.warehouse.database import migrate
    from flex_pipeline.warehouse.resolve import resolve

    connection = resolve()
    migrate(connection)
    return connection


def _embedded_home() -> Path:
    """The folder of the embedded server. ServerError where another one is in use."""
    from flex_pipeline.warehouse.connection import ServerError
    from flex_pipeline.warehouse.resolve import default_home

    if os.environ.get("FLEX_DATABASE_URL"):
        raise ServerError(
            "FLEX_DATABASE_URL names a server of yours; back it up with its own pg_dump and pg_restore"
        )
    return default_home()


def _default_end(first: datetime | None, today: date) -> date:
    tomorrow = today + timedelta(days=1)
    return max(first.date(), tomorrow) if first else tomorrow


def main() -> None:
    """The command, with what users can put right told in words instead of a traceback."""
    from flex_pipeline.defs.server import PortTakenError
    from flex_pipeline.portfolio.loader import PortfolioError
    from flex_pipeline.warehouse.access import AccessError
    from flex_pipeline.warehouse.backup import BackupError
    from flex_pipeline.warehouse.connection import ServerError
    from flex_pipeline.warehouse.plans import NotStoredError

    try:
        app()
    except (PortfolioError, ServerError, AccessError, BackupError, PortTakenError, NotStoredError) as error:
        typer.echo(str(error), err=True)
        sys.exit(EXIT_BAD_INPUT)


if __name__ == "__main__":
    main()
