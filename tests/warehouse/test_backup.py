"""A backup brings everything back, and a restore that fails changes nothing."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from flex_pipeline.warehouse import access, backup, embedded
from flex_pipeline.warehouse.backup import BackupError
from flex_pipeline.warehouse.connection import Connection, Database
from flex_pipeline.warehouse.database import engine, migrate
from tests.dbt_reports.plans import Reports, Step, store_sites

DAY = date(2026, 10, 20)
TABLES = """
    select format('%I.%I', schemaname, tablename) from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') order by 1
"""


@pytest.fixture
def filled(home: Path) -> Iterator[Connection]:
    """An embedded server with a plan and its reports, a table in Dagster's database, and a reader."""
    connection = embedded.start(home)
    migrate(connection)
    with engine(connection).begin() as session:
        store_sites(session)
    reports = Reports(connection)
    reports.plan("home-01", DAY, {3: Step(load_kw=1.0)})
    reports.build(DAY)
    execute(
        connection.dagster,
        "create table runs as select n, n::text as name from generate_series(1, 1000) as n",
    )
    engine(connection).dispose()
    yield connection
    engine(connection).dispose()


def execute(database: Database, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.url()) as session:
        cursor = session.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def all_rows(connection: Connection) -> dict[str, str]:
    """A hash of the rows of every table of both databases, whatever their order."""
    found = {}
    for database in (connection.warehouse, connection.dagster):
        for (table,) in execute(database, TABLES):
            rows = execute(database, f"select r::text from {table} as r order by 1")
            found[f"{database.name} {table}"] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def wreck(connection: Connection) -> None:
    execute(connection.warehouse, "drop schema flex cascade")
    execute(connection.warehouse, "delete from reports.headroom")
    execute(connection.dagster, "truncate runs")


def test_what_was_backed_up_and_then_wrecked_is_back_row_by_row(filled: Connection, home: Path) -> None:
    before = all_rows(filled)
    assert len(before) > 15
    backup.backup(home, home.parent / "flex.backup")
    wreck(filled)
    assert all_rows(filled) != before

    backup.restore(home, home.parent / "flex.backup", force=True)

    assert all_rows(filled) == before
    names = execute(filled.warehouse, "select datname from pg_database where not datistemplate order by 1")
    assert names == [("dagster",), ("flex",), ("postgres",)]


def test_a_new_home_gets_all_of_it_and_goes_on_from_there(filled: Connection, home: Path) -> None:
    granted = access.grant(filled, "acme")
    before = all_rows(filled)
    backup.backup(home, home.parent / "flex.backup")
    elsewhere = home.parent / "elsewhere"
    try:
        restored = backup.restore(elsewhere, home.parent / "flex.backup")
        assert all_rows(restored) == before

        migrate(restored)
        Reports(restored).plan("mill-01", DAY, {})  # numbers go on where they ended
        reader = replace(restored.warehouse, user=granted.login, password=granted.password or "")
        assert len(execute(reader, "select * from flex.current_plan")) == 2
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            execute(reader, "select * from flex.portfolio_version")
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            execute(reader.at("dagster"), "select 1")
        engine(restored).dispose()
    finally:
        embedded.stop(elsewhere)


def test_a_home_in_use_is_not_replaced_unless_forced(filled: Connection, home: Path) -> None:
    backup.backup(home, home.parent / "flex.backup")
    execute(filled.dagster, "insert into runs values (0, 'newer')")
    before = all_rows(filled)

    with pytest.raises(BackupError, match=r"holds databases in use \(dagster, flex\); --force"):
        backup.restore(home, home.parent / "flex.backup")

    assert all_rows(filled) == before


@pytest.mark.parametrize("damage", ["half", "flipped", "nothing of the kind", "absent"])
def test_a_damaged_file_is_refused_before_anything_is_touched(
    filled: Connection, home: Path, damage: str
) -> None:
    file = home.parent / "flex.backup"
    backup.backup(home, file)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    for name, bytes_ in {
        "half": content[: len(content) // 2],
        "flipped": content,
        "nothing of the kind": b"hello",
    }.items():
        if name == damage:
            file.write_bytes(bytes_)
    if damage == "absent":
        file.unlink()
    before = all_rows(filled)

    with pytest.raises(BackupError, match=r"flex\.backup"):
        backup.restore(home, file, force=True)

    assert all_rows(filled) == before


def test_a_backup_of_a_later_version_is_refused(
    filled: Connection, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.backup(home, home.parent / "flex.backup")
    monkeypatch.setattr(backup, "versions", lambda: ["0001", "0002"])

    with pytest.raises(BackupError, match="made by a later version of flex_pipeline"):
        backup.restore(home, home.parent / "flex.backup", force=True)


def test_half_a_restore_leaves_the_old_databases(
    filled: Connection, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    access.grant(filled, "acme", "late")
    backup.backup(home, home.parent / "flex.backup")
    access.revoke(filled, "acme", "late")
    before = all_rows(filled)
    load = backup._load

    def fails_at_the_second(server: backup.Server, database: Database, *rest: object) -> None:
        load(server, database, *rest)  # type: ignore[arg-type]
        if database.name == "flex":
            raise KeyboardInterrupt

    monkeypatch.setattr(backup, "_load", fails_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        backup.restore(home, home.parent / "flex.backup", force=True)

    assert all_rows(filled) == before
    assert execute(filled.warehouse, "select datname from pg_database where datname ~ '_re'") == []
    assert execute(filled.warehouse, "select rolname from pg_roles where rolname = 'late'") == []


def test_a_restore_killed_half_way_is_made_good_by_the_next(filled: Connection, home: Path) -> None:
    backup.backup(home, home.parent / "flex.backup")
    before = all_rows(filled)
    with psycopg.connect(filled.warehouse.at("postgres").url(), autocommit=True) as server:
        for name in ("flex_restored", "dagster_restored", "flex_replaced"):
            server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    backup.restore(home, home.parent / "flex.backup", force=True)

    assert all_rows(filled) == before
    assert execute(filled.warehouse, "select datname from pg_database where datname ~ '_re'") == []


def test_databases_that_somebody_works_with_are_not_replaced_under_them(
    filled: Connection, home: Path
) -> None:
    backup.backup(home, home.parent / "flex.backup")
    before = all_rows(filled)
    with psycopg.connect(filled.dagster.url()) as work:
        work.execute("select * from runs")
        with pytest.raises(BackupError, match="being accessed by other users"):
            backup.restore(home, home.parent / "flex.backup", force=True)

    assert all_rows(filled) == before


def test_the_file_is_for_its_owner_only_and_takes_the_place_of_an_older_one_at_once(
    filled: Connection, home: Path
) -> None:
    file = home.parent / "flex.backup"
    file.write_bytes(b"older")
    backup.backup(home, file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(os.listdir(home.parent)) == ["flex.backup", "postgres"]


def test_a_backup_that_fails_leaves_the_older_one(
    filled: Connection, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = home.parent / "flex.backup"
    file.write_bytes(b"older")
    monkeypatch.setattr(backup, "_program", lambda name, database, *rest, **more: failing())

    with pytest.raises(BackupError, match="disk"):
        backup.backup(home, file)

    assert file.read_bytes() == b"older"
    assert sorted(os.listdir(home.parent)) == ["flex.backup", "postgres"]


def failing() -> "os.PathLike[str]":
    raise BackupError("pg_dump failed on dagster: the disk is broken")


def test_there_is_nothing_to_back_up_where_no_server_was_made(home: Path) -> None:
    with pytest.raises(BackupError, match="no embedded server"):
        backup.backup(home, home.parent / "flex.backup")
    assert not home.exists()
