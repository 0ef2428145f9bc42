"""psql on the warehouse, for people: no installation of PostgreSQL needed."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from flex_pipeline.warehouse.binaries import PROGRAMS, site_folder
from flex_pipeline.warehouse.cluster import Cluster
from flex_pipeline.warehouse.connection import Connection, ServerError


def psql_command(home: Path) -> str:
    """A line for the shell that opens psql on the embedded server; it names the password's file only."""
    cluster = Cluster.at(home)
    if not cluster.exists:
        raise ServerError(f"there is no embedded server in {home}; start it first")
    database = cluster.connection.warehouse
    address = f"host={database.host} port={database.port} user={database.user} dbname={database.name}"
    password = f'PGPASSWORD="$(cat {shlex.quote(str(cluster.password_file))})"'
    return f"{password} {shlex.quote(str(_bundled()))} {shlex.quote(address)}"


def exec_psql(connection: Connection, arguments: Sequence[str]) -> NoReturn:
    """Become psql on the warehouse, with settings that no list of processes shows."""
    encrypted = dict(connection.warehouse.options).get("sslmode") != "disable"
    # the bundled psql is built without TLS, which a server elsewhere may ask for
    program = (shutil.which("psql") if encrypted else None) or str(_bundled())
    os.execve(program, ["psql", *arguments], os.environ | connection.warehouse.libpq_variables)


def _bundled() -> Path:
    return site_folder() / PROGRAMS / "bin" / "psql"
