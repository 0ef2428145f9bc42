"""Fixtures of more than one package: shared example data, and PostgreSQL servers that vanish afterwards."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql

from flex_pipeline.warehouse import embedded, server_account
from flex_pipeline.warehouse.connection import Connection

# a busy machine is no fault of an example
hypothesis.settings.register_profile("flex", deadline=None)
hypothesis.settings.load_profile("flex")

REPOSITORY = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs of the whole pipeline come first: a process that got one last would be waited for."""
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with reference data and examples, which is not part of the repository."""
    folder = Path(os.environ.get("FLEX_SHARED", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the reference data in {folder}; FLEX_SHARED names another place")
    return folder


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A temporary folder that other users can enter, one of whom runs the server when we are root."""
    with tempfile.TemporaryDirectory(prefix="flex-") as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder).chmod(0o755)
        patch.setattr(server_account, "SHARED_FOLDER", Path(folder) / "shared")
        yield Path(folder)


@pytest.fixture
def home(open_folder: Path) -> Iterator[Path]:
    """A state folder of its own for a server that a test starts, and may break."""
    home = open_folder / secrets.token_hex(4) / "postgres"
    yield home
    embedded.stop(home)


@pytest.fixture(scope="session")
def server(open_folder: Path) -> Iterator[Connection]:
    """A running server, shared by all tests of this process; leave it as it was."""
    home = open_folder / "session"
    try:
        yield embedded.start(home)
    finally:
        embedded.stop(home)


@pytest.fixture
def database(server: Connection) -> Iterator[Connection]:
    """A fresh, empty database for both the warehouse and Dagster's storage."""
    fresh = server.warehouse.at(f"test_{secrets.token_hex(6)}")
    name = sql.Identifier(fresh.name)
    with psycopg.connect(server.warehouse.at("postgres").url(), autocommit=True) as session:
        session.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield Connection(fresh, fresh)
        session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
