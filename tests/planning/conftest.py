"""A fresh warehouse without a plan."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine, migrate


@pytest.fixture
def warehouse(database: Connection) -> Iterator[Engine]:
    migrate(database)
    yield engine(database)
    engine(database).dispose()
