"""Who may read: a login of the database per reader, bound to the accounts whose rows it sees.

What a login sees is held by the row-level security of every table and view; here are only the logins.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from flex_pipeline.warehouse.connection import Connection, ServerError

Session = psycopg.Connection[TupleRow]

READERS = "flex_reader"
PIPELINE = "flex_pipeline"
LONGEST_NAME = 63  # PostgreSQL cuts longer names without a word
# the embedded server hashes its own random password once; one that people think of must be slow to guess
SLOW_TO_GUESS = """
    SELECT set_config(name, boot_val, true) FROM pg_settings
    WHERE name = 'scram_iterations' AND setting::int < boot_val::int
"""


class AccessError(ValueError):
    """An account or login that cannot be used as asked; the message says which there are."""


@dataclass(frozen=True)
class Grant:
    """What came of a grant. `password` is None where the login was there already and keeps its own."""

    login: str
    accounts: tuple[str, ...]
    password: str | None


def grant(
    connection: Connection, account: str, login: str | None = None, password: str | None = None
) -> Grant:
    """Let a login read an account; it is made where it is new, with a random password if none is given.

    A `password` for a login that is there already takes the place of its own. Raises AccessError for an account
    without sites and for a login that belongs to somebody else.
    """
    login = login or f"{account}_reader"
    if not 0 < len(login.encode()) <= LONGEST_NAME:
        raise AccessError(f'"{login}" cannot be a login: a name has 1 to {LONGEST_NAME} bytes')
    with _session(connection) as session:
        _refuse_unknown(session, account)
        if not _exists(session, login):
            password = password or secrets.token_hex(24)
            session.execute("DELETE FROM flex.reader WHERE login = %s", [login])  # of a login long dropped
            _execute(session, "CREATE ROLE {} LOGIN IN ROLE {}", login, READERS)
        elif login not in readers(session):
            raise AccessError(
                f'login "{login}" belongs to somebody else on this server; name another with --login'
            )
        if password:
            _set_password(session, login, password)
        session.execute("INSERT INTO flex.reader VALUES (%s, %s) ON CONFLICT DO NOTHING", [login, account])
        close_dagster(session, connection)
        return Grant(login, readers(session)[login], password)


def revoke(connection: Connection, account: str, login: str | None = None) -> tuple[str, ...]:
    """Let a login, or all of them, no longer read an account. Gives the logins; those left with none are gone."""
    with _session(connection) as session:
        before = readers(session)
        logins = tuple(
            name for name, accounts in before.items() if account in accounts and login in (None, name)
        )
        if not logins:
            who = f'login "{login}"' if login else "no login"
            there = "; ".join(f"{name} reads {', '.join(accounts)}" for name, accounts in before.items())
            raise AccessError(f'{who} reads account "{account}"; {there or "there are no readers"}')
        session.execute(
            "DELETE FROM flex.reader WHERE account = %s AND login = ANY(%s)", [account, list(logins)]
        )
        left = readers(session)
        for name in logins:
            if name not in left and _exists(session, name):
                _execute(session, "DROP ROLE {}", name)
        return logins


def list_readers(connection: Connection) -> dict[str, tuple[str, ...]]:
    """The accounts that each login may read."""
    with _session(connection) as session:
        return readers(session)


def readers(session: Session) -> dict[str, tuple[str, ...]]:
    """The accounts that each login may read, in an open session."""
    found = session.execute(
        "SELECT login, array_agg(account ORDER BY account) FROM flex.reader GROUP BY 1 ORDER BY 1"
    )
    return {str(login): tuple(accounts) for login, accounts in found}


def close_dagster(session: Session, connection: Connection) -> None:
    """Keep readers out of Dagster's database, where it is one of its own on this server and ours to close."""
    ours = session.execute(
        "SELECT FROM pg_database WHERE datname = %s AND datname <> current_database() AND pg_has_role(datdba, 'USAGE')",
        [connection.dagster.name],
    )
    if connection.dagster.at(connection.warehouse.name) == connection.warehouse and ours.rowcount:
        name = connection.dagster.name
        _execute(session, "REVOKE ALL ON DATABASE {} FROM PUBLIC", name)
        _execute(session, "GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}", name, PIPELINE)


@contextmanager
def _session(connection: Connection) -> Iterator[Session]:
    user = connection.warehouse.user
    try:
        with psycopg.connect(connection.url) as session:
            yield session
    except psycopg.errors.ReservedName as error:
        raise AccessError(f"{error.diag.message_primary}; name another with --login") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise ServerError(
            f'user "{user}" may not change who reads: {error.diag.message_primary}. Let an administrator run\n'
            f'  ALTER ROLE "{user}" CREATEROLE; GRANT {READERS} TO "{user}" WITH ADMIN OPTION;'
        ) from error


def _refuse_unknown(session: Session, account: str) -> None:
    found = session.execute("SELECT DISTINCT account FROM flex.site ORDER BY 1")
    accounts = [str(name) for (name,) in found]
    if account not in accounts:
        there = f"those there are: {', '.join(accounts)}" if accounts else "no portfolio has been loaded yet"
        raise AccessError(f'account "{account}" has no site; {there}')


def _exists(session: Session, login: str) -> bool:
    return session.execute("SELECT FROM pg_roles WHERE rolname = %s", [login]).rowcount > 0


def _set_password(session: Session, login: str, password: str) -> None:
    session.execute(SLOW_TO_GUESS)
    # hashed on our side: the server's log may keep the statements it is given
    verifier = session.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    session.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), verifier.decode()))


def _execute(session: Session, statement: str, *names: str) -> None:
    session.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
