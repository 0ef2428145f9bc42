"""Which server to use: the one named by FLEX_DATABASE_URL, else the embedded one, started on demand."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
from psycopg import sql

from flex_pipeline.warehouse import embedded
from flex_pipeline.warehouse.connection import Connection, Database, ServerError


def resolve(home: Path | None = None) -> Connection:
    """The connection to use, to a server that answers and has a database for Dagster.

    `home` is the state folder of the embedded server; `default_home()` when None.
    """
    url = os.environ.get("FLEX_DATABASE_URL")
    if not url:
        return embedded.start(home or default_home())
    dagster_url = os.environ.get("FLEX_DAGSTER_DATABASE_URL") or None
    connection = Connection.parse(url, dagster_url)
    _create_if_missing(connection.dagster, beside=connection.warehouse, named=dagster_url is not None)
    return connection


def default_home() -> Path:
    """`postgres` in FLEX_HOME, else in `.flex` of the project around the working directory."""
    if named := os.environ.get("FLEX_HOME"):
        return Path(named).absolute() / "postgres"
    here = Path.cwd()
    project = next((folder for folder in (here, *here.parents) if (folder / "workspace.yaml").exists()), here)
    return project / ".flex" / "postgres"


def _create_if_missing(database: Database, beside: Database, named: bool) -> None:
    """Create Dagster's database on the warehouse's server, unless the user `named` one: then it is theirs."""
    try:
        with psycopg.connect(beside.url(), autocommit=True) as server:
            query = "SELECT FROM pg_database WHERE datname = %s"
            if not named and not server.execute(query, [database.name]).rowcount:
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database.name)))
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return  # another process was quicker
    except psycopg.errors.InsufficientPrivilege as error:
        raise ServerError(
            f"Dagster needs a database for its storage, and user {database.user} may not create "
            f'"{database.name}" on {database.host}. Let an administrator run\n'
            f'  CREATE DATABASE "{database.name}" OWNER "{database.user}";\n'
            "or set FLEX_DAGSTER_DATABASE_URL to a database that exists."
        ) from error
    except psycopg.OperationalError as error:
        raise ServerError(
            f'FLEX_DATABASE_URL: user {beside.user} cannot connect to database "{beside.name}" on '
            f"{beside.host}, port {beside.port}: {error}"
        ) from error
