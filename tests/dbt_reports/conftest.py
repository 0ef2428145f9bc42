"""A fresh warehouse with two sites, one on each side of the Atlantic, and no plan yet."""

from collections.abc import Iterator

import pytest

from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine, migrate
from tests.dbt_reports.plans import Reports, store_sites
from tests.filled import filled

__all__ = ["filled"]


@pytest.fixture
def reports(database: Connection) -> Iterator[Reports]:
    migrate(database)
    with engine(database).begin() as session:
        store_sites(session)
    yield Reports(database)
    engine(database).dispose()
