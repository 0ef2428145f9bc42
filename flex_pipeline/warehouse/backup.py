"""Backup and restore of the embedded server: one file with both databases and the logins of readers.

A dump, and not a copy of the data folder: it is taken while runs go on, reads every row (so a damaged one is
noticed now and not when it is needed), and is understood by later versions of PostgreSQL and other processors.
It is restored beside what is there; one transaction then puts it in its place, or nothing has happened.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from flex_pipeline.warehouse import embedded
from flex_pipeline.warehouse.access import PIPELINE, READERS, close_dagster
from flex_pipeline.warehouse.binaries import PROGRAMS, site_folder
from flex_pipeline.warehouse.cluster import Cluster
from flex_pipeline.warehouse.connection import Connection, Database
from flex_pipeline.warehouse.database import current_version, versions

FORMAT = 1
ABOUT = "backup.json"
RESTORED, REPLACED = "_restored", "_replaced"
LOGINS = """
    SELECT r.rolname, r.rolpassword FROM pg_authid AS r
    JOIN pg_auth_members AS m ON m.member = r.oid JOIN pg_roles AS g ON g.oid = m.roleid
    WHERE g.rolname = %s AND r.rolcanlogin AND NOT r.rolsuper
"""

Server = psycopg.Connection[TupleRow]


class BackupError(RuntimeError):
    """A backup that could not be made or restored; what was there before still is."""


def backup(home: Path, file: Path) -> None:
    """Write the databases of the embedded server in `home` to a file for its owner only; all of it or none."""
    if not Cluster.at(home).exists:
        raise BackupError(f"there is no embedded server in {home}, so nothing to back up")
    connection = embedded.start(home)
    with _server(connection) as server:
        logins = {str(name): password for name, password in server.execute(LOGINS, [READERS])}
    about = {"format": FORMAT, "schema": current_version(connection), "logins": logins}
    partial = file.with_name(f".{file.name}.partial")
    try:
        partial.unlink(missing_ok=True)  # of one that was killed
        private = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(private, "wb") as out, zipfile.ZipFile(out, "w") as archive:
            archive.writestr(ABOUT, json.dumps(about))
            # Dagster's first: what it says was done is then in the warehouse, which is dumped a little later
            for database in (connection.dagster, connection.warehouse):
                _dump(database, archive)
            archive.close()
            out.flush()
            os.fsync(out.fileno())
        partial.replace(file)
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


def restore(home: Path, file: Path, *, force: bool = False) -> Connection:
    """Put the databases of a backup in the place of those in `home`; made where there are none yet.

    Raises BackupError for a file that is not whole and, without `force`, for a home that is in use; whatever
    fails, the databases that were there stay as they were. The schema may be of an older version: migrate it.
    """
    about = _checked(file)
    connection = embedded.start(home)
    databases = (connection.dagster, connection.warehouse)
    if not force and (used := [d.name for d in databases if _is_used(d)]):
        raise BackupError(f"{home} holds databases in use ({', '.join(used)}); --force replaces them")
    with zipfile.ZipFile(file) as archive, _server(connection) as server:
        made = _make_roles(server, about["logins"])
        try:
            for database in databases:
                _load(server, database, archive)
            _swap(server, databases)
        except BaseException:
            for database in databases:
                _drop(server, database.name + RESTORED)
            for name in made:
                server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
            raise
        for database in databases:
            _drop(server, database.name + REPLACED)
    with psycopg.connect(connection.url) as session:
        close_dagster(session, connection)
    return connection


def _checked(file: Path) -> dict[str, Any]:
    """What a backup says of itself. It is read to its end: half a file is not restored, nor one of later versions."""
    try:
        with zipfile.ZipFile(file) as archive:
            about: dict[str, Any] = json.loads(archive.read(ABOUT))
            damaged = archive.testzip()
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise BackupError(f"{file} is not a whole backup: {error}") from error
    if damaged:
        raise BackupError(f"{file} is not a whole backup: {damaged} in it is damaged")
    if about["format"] != FORMAT or about["schema"] not in (None, *versions()):
        raise BackupError(f"{file} was made by a later version of flex_pipeline; restore it with that one")
    return about


@contextmanager
def _server(connection: Connection) -> Iterator[Server]:
    with psycopg.connect(connection.warehouse.at("postgres").url(), autocommit=True) as server:
        yield server


def _is_used(database: Database) -> bool:
    with psycopg.connect(database.url()) as session:
        query = "SELECT FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') LIMIT 1"
        return session.execute(query).rowcount > 0


def _make_roles(server: Server, logins: dict[str, str | None]) -> list[str]:
    """The roles that the dumps speak of, where they are missing. Gives the logins that were made."""
    known = {str(name) for (name,) in server.execute("SELECT rolname FROM pg_roles")}
    for group in {PIPELINE, READERS} - known:
        server.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(group)))
    made = sorted(logins.keys() - known)
    for name in made:
        server.execute(
            sql.SQL("CREATE ROLE {} LOGIN IN ROLE {} PASSWORD {}").format(
                sql.Identifier(name), sql.Identifier(READERS), logins[name]
            )
        )
    return made


def _dump(database: Database, archive: zipfile.ZipFile) -> None:
    with (
        archive.open(f"{database.name}.dump", "w", force_zip64=True) as member,
        _program("pg_dump", database, "--format=custom", stdout=subprocess.PIPE) as process,
    ):
        assert process.stdout is not None
        shutil.copyfileobj(process.stdout, member, 1 << 20)


def _load(server: Server, database: Database, archive: zipfile.ZipFile) -> None:
    """The dump of a database, in a new one beside it that is ready to be read as fast as the old."""
    beside = database.at(database.name + RESTORED)
    _drop(server, beside.name)
    server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(beside.name)))
    arguments = ("--exit-on-error", f"--dbname={beside.name}")
    with (
        archive.open(f"{database.name}.dump") as member,
        _program("pg_restore", beside, *arguments, stdin=subprocess.PIPE) as process,
    ):
        assert process.stdin is not None
        _feed(member, process.stdin)
    with psycopg.connect(beside.url(), autocommit=True) as session:
        session.execute("VACUUM (ANALYZE)")


def _feed(member: IO[bytes], stdin: IO[bytes]) -> None:
    try:
        with stdin:
            shutil.copyfileobj(member, stdin, 1 << 20)
    except BrokenPipeError:
        pass  # it gave up, and says itself why


def _swap(server: Server, databases: tuple[Database, ...]) -> None:
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    try:
        for database in databases:
            _drop(server, database.name + REPLACED)
        with server.transaction():
            for name in (database.name for database in databases):
                server.execute(rename.format(sql.Identifier(name), sql.Identifier(name + REPLACED)))
                server.execute(rename.format(sql.Identifier(name + RESTORED), sql.Identifier(name)))
    except psycopg.errors.ObjectInUse as error:
        raise BackupError(
            f"{error.diag.message_primary} ({error.diag.message_detail}). Nothing was replaced; "
            "end the UI and all runs and queries, then restore again"
        ) from error


def _drop(server: Server, name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _program(
    name: str, database: Database, *arguments: str, stdin: int | None = None, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program of PostgreSQL on a database; BackupError with its own words where it fails."""
    # none of our environment: PGOPTIONS and the like are not meant for it
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"} | database.libpq_variables
    command = [str(site_folder() / PROGRAMS / "bin" / name), *arguments]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=errors, env=environment) as process:
            yield process
        if process.returncode:
            errors.seek(0)
            raise BackupError(
                f"{name} failed on {database.name}: {errors.read().decode(errors='replace').strip()}"
            )
