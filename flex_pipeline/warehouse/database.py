"""The warehouse as SQLAlchemy sees it, and its schema brought up to date."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy import Connection as Session
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ProgrammingError

from flex_pipeline.warehouse.connection import Connection, ServerError

MIGRATIONS = Path(__file__).parent / "migrations"
# any number, but the same in every process: it keeps two from migrating at once
MIGRATION_LOCK = 7_306_031
GUARD = text("""
    select flex.guard(oid) from pg_class
    where relnamespace in ('flex'::regnamespace, 'reports'::regnamespace)
        and relkind in ('r', 'p', 'v') and not relispartition
""")


@cache
def engine(connection: Connection) -> Engine:
    """The engine of a process: few connections, each checked before use, so that a restarted server is met."""
    return create_engine(connection.sqlalchemy_url, pool_pre_ping=True, pool_size=4)


def migrate(connection: Connection) -> None:
    """Bring the schema to the newest version. Does nothing when it is there; safe to run at once from many.

    Every table and view is guarded, those of later versions too: readers see the rows of their accounts only.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        with engine(connection).begin() as session:
            session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            config.attributes["connection"] = session
            command.upgrade(config, "head")
            session.execute(GUARD)
    except ProgrammingError as error:
        if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            raise _lacks_rights(connection, str(error.orig).splitlines()[0]) from error
        raise


def versions() -> list[str]:
    """The versions of the schema that this code knows, oldest first."""
    return sorted(path.stem[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def current_version(connection: Connection) -> str | None:
    """The version of the schema that a warehouse has; None where it has none yet."""
    with psycopg.connect(connection.url) as session:
        try:
            found = session.execute("select version_num from public.schema_version").fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    return str(found[0]) if found else None


def _lacks_rights(connection: Connection, why: str) -> ServerError:
    user = f'"{connection.warehouse.user}"'
    return ServerError(
        f"the schema cannot be brought up to date on {connection.warehouse.host} as {user}: {why}. "
        "Let an administrator run\n"
        f"  CREATE ROLE flex_pipeline; CREATE ROLE flex_reader; GRANT flex_pipeline TO {user};\n"
        "or, where the schema belongs to another login, run flex-pipeline db start as that one."
    )


def copy_frame(session: Session, table: str, columns: str, csv: bytes) -> None:
    """COPY CSV rows (without header) into the columns of a table, in the session's transaction."""
    driver = session.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor:
        # who does not own the table has rows checked one by one, for which PostgreSQL has INSERT but not COPY
        checked: bool = cursor.execute("select row_security_active(%s)", [table]).fetchone()[0]
        target = "copied" if checked else table
        if checked:
            cursor.execute(f"create temporary table copied as select {columns} from {table} limit 0")
        with cursor.copy(f"copy {target} ({columns}) from stdin (format csv)") as copy:
            copy.write(csv)
        if checked:
            cursor.execute(f"insert into {table} ({columns}) select {columns} from copied")
            cursor.execute("drop table copied")
