"""Which server is used. An external one is played by the shared test server and a user of little right."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from flex_pipeline.warehouse import embedded
from flex_pipeline.warehouse.connection import Connection, Database, ServerError
from flex_pipeline.warehouse.resolve import default_home, resolve


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FLEX_DATABASE_URL", "FLEX_DAGSTER_DATABASE_URL", "FLEX_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tenant(database: Connection) -> Iterator[Database]:
    """The same database as its owner sees it, who may not create others; with an awkward password."""
    name = f"tenant_{secrets.token_hex(4)}"
    with psycopg.connect(database.url, autocommit=True) as session:
        session.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'p@ss%/w:rd'")
        session.execute(f"ALTER DATABASE {database.warehouse.name} OWNER TO {name}")
        where = database.warehouse
        yield Database(where.host, where.port, name, "p@ss%/w:rd", where.name)
        session.execute(f"ALTER DATABASE {database.warehouse.name} OWNER TO flex")
        session.execute(f"DROP ROLE {name}")


def current_database(url: str) -> object:
    with psycopg.connect(url) as session:
        row = session.execute("SELECT current_database()").fetchone()
        return row and row[0]


def test_without_a_url_the_embedded_server_is_started(home: Path) -> None:
    assert resolve(home) == embedded.status(home)


def test_an_external_server_is_used_and_dagster_gets_a_database_beside_the_warehouse(
    database: Connection, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEX_DATABASE_URL", database.url)
    connection = resolve(home)
    dagster = f"{database.warehouse.name}_dagster"
    try:
        assert connection.url == database.url
        assert current_database(connection.dagster.url()) == dagster
        assert resolve(home) == connection  # the second time it is there
        assert not home.exists()  # no embedded server beside it
    finally:
        with psycopg.connect(database.url, autocommit=True) as session:
            session.execute(f"DROP DATABASE {dagster}")


def test_a_database_named_for_dagster_is_used_as_it_is(
    tenant: Database, server: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEX_DATABASE_URL", tenant.url())
    monkeypatch.setenv("FLEX_DAGSTER_DATABASE_URL", server.dagster.url())
    connection = resolve()
    assert connection.warehouse == tenant
    assert connection.dagster == server.dagster


def test_a_user_who_may_not_create_databases_is_told_what_to_do(
    tenant: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEX_DATABASE_URL", tenant.url())
    expected = (
        rf'(?s)CREATE DATABASE "{tenant.name}_dagster" OWNER "{tenant.user}";.*FLEX_DAGSTER_DATABASE_URL'
    )
    with pytest.raises(ServerError, match=expected):
        resolve()


def test_a_server_that_does_not_answer_is_named_without_its_password(
    tenant: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEX_DATABASE_URL", tenant.at("no such").url())
    with pytest.raises(
        ServerError, match=r'FLEX_DATABASE_URL: user .* cannot connect to database "no such"'
    ) as e:
        resolve()
    assert "p@ss" not in str(e.value)


def test_a_child_process_resolves_to_the_same_connection(
    server: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    assert resolve() == server


def test_the_state_lies_in_the_project_around_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project" / "deep")
    assert default_home() == tmp_path / "project" / "deep" / ".flex" / "postgres"
    (tmp_path / "project" / "workspace.yaml").touch()
    assert default_home() == tmp_path / "project" / ".flex" / "postgres"
    monkeypatch.setenv("FLEX_HOME", str(tmp_path / "state"))
    assert default_home() == tmp_path / "state" / "postgres"
