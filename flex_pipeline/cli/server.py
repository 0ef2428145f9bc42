"""The embedded PostgreSQL server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from flex_pipeline.warehouse.connection import Connection

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def start() -> None:
    """Start the embedded server, or attach to it, and bring the schema up to date."""
    connection = migrated()
    typer.echo(f"PostgreSQL answers on {connection.warehouse.host}, port {connection.warehouse.port}")


@app.command()
def stop() -> None:
    """Stop the embedded server."""
    from flex_pipeline.warehouse import embedded
    from flex_pipeline.warehouse.resolve import default_home

    typer.echo("stopped" if embedded.stop(default_home()) else "it was not running")


def migrated() -> Connection:
    """The connection, to a schema that is up to date."""
    from flex_pipeline.warehouse.database import migrate
    from flex_pipeline.warehouse.resolve import resolve

    connection = resolve()
    migrate(connection)
    return connection


def embedded_home() -> Path:
    """The folder of the embedded server. ServerError where another one is in use."""
    from flex_pipeline.warehouse.connection import ServerError
    from flex_pipeline.warehouse.resolve import default_home

    if os.environ.get("FLEX_DATABASE_URL"):
        raise ServerError(
            "FLEX_DATABASE_URL names a server of yours; back it up with its own pg_dump and pg_restore"
        )
    return default_home()
