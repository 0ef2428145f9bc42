"""What the warehouse holds: `psql` and `env`, `backup` and `restore`, and `retention`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flex_pipeline.cli.options import PortfolioOption
from flex_pipeline.cli.server import embedded_home, migrated

app = typer.Typer()


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def psql(context: typer.Context) -> None:
    """Open psql on the warehouse; everything after the word goes to it, such as -c "select 1"."""
    from flex_pipeline.warehouse.psql import exec_psql
    from flex_pipeline.warehouse.resolve import resolve

    exec_psql(resolve(), context.args)


@app.command()
def env() -> None:
    """Print the connection settings as shell exports: eval "$(flex-pipeline env)"."""
    import shlex

    from flex_pipeline.warehouse.resolve import resolve

    for name, value in resolve().environment().items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command()
def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; change nothing.")] = False,
    portfolio: PortfolioOption = None,
) -> None:
    """Thin and drop old beliefs and forget old models, as the settings of the portfolio say."""
    from flex_pipeline.planning.configuration import load
    from flex_pipeline.warehouse.database import engine
    from flex_pipeline.warehouse.retention import expire, expire_models, find_expired, find_expired_models

    settings = load(portfolio).settings.retention
    warehouse, today = engine(migrated()), datetime.now(UTC).date()
    if dry_run:
        with warehouse.connect() as session:
            found, models = (
                find_expired(session, settings, today),
                find_expired_models(session, settings, today),
            )
    else:
        found, models = expire(warehouse, settings, today), expire_models(warehouse, settings, today)
    for expired in found:
        typer.echo(
            f"{expired.month:%Y-%m}  {'drop' if expired.dropped else 'thin'}  {expired.rows:,} beliefs"
        )
    beliefs = sum(expired.rows for expired in found)
    typer.echo(f"{'would go' if dry_run else 'gone'}: {beliefs:,} beliefs, documents of {models:,} models")


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The file to write, for you only.")]) -> None:
    """Write all that the embedded server holds to one file, while everything runs on."""
    from flex_pipeline.warehouse.backup import backup as back_up

    back_up(embedded_home(), file)
    typer.echo(f"wrote {file}, {file.stat().st_size / 1e6:.1f} MB")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that backup wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace what the server holds now.")] = False,
) -> None:
    """Put a backup in the place of what the embedded server holds; whatever fails, that stays as it was."""
    from flex_pipeline.warehouse.backup import restore as restore_backup
    from flex_pipeline.warehouse.database import migrate

    migrate(restore_backup(embedded_home(), file, force=force))
    typer.echo(f"restored {file}")
