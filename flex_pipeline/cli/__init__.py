"""`flex-pipeline`: run, backfill, solve a problem file, look at the database."""

from __future__ import annotations

import sys

import typer

from flex_pipeline.cli import (
    access,
    backtest,
    describing,
    inputs,
    pareto,
    portfolio,
    runs,
    server,
    solve,
    warehouse,
)

EXIT_BAD_INPUT = 2

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
for commands in (runs, backtest, pareto, solve, warehouse, describing):
    app.add_typer(commands.app)
for name, commands in (("db", server), ("access", access), ("portfolio", portfolio), ("inputs", inputs)):
    app.add_typer(commands.app, name=name)


def main() -> None:
    """The command, with what users can put right told in words instead of a traceback."""
    from flex_pipeline.defs.server import PortTakenError
    from flex_pipeline.planning.backtesting import BacktestError
    from flex_pipeline.portfolio.loader import PortfolioError
    from flex_pipeline.warehouse.access import AccessError
    from flex_pipeline.warehouse.backup import BackupError
    from flex_pipeline.warehouse.connection import ServerError
    from flex_pipeline.warehouse.plans import NotStoredError

    try:
        app()
    except (
        PortfolioError,
        ServerError,
        AccessError,
        BackupError,
        BacktestError,
        PortTakenError,
        NotStoredError,
    ) as error:
        typer.echo(str(error), err=True)
        sys.exit(EXIT_BAD_INPUT)
