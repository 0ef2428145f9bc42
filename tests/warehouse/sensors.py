"""A warehouse that knows some sensors, for tests of what is believed about them."""

from __future__ import annotations

from sqlalchemy import Engine, text

from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine, migrate

VERSION = "insert into flex.portfolio_version (content_hash, content) values ('x', '{}')"
SENSOR = """
    insert into flex.sensor (name, kind, unit, resolution, active, version_id)
    values (:name, :kind, :unit, 'PT1H', true, 1)
"""


def warehouse_with(database: Connection, **kinds: tuple[str, str]) -> Engine:
    """A migrated warehouse with hourly sensors of no site, each with its kind and its unit."""
    migrate(database)
    rows = [{"name": name, "kind": kind, "unit": unit} for name, (kind, unit) in kinds.items()]
    with engine(database).begin() as session:
        session.execute(text(VERSION))
        session.execute(text(SENSOR), rows)
    return engine(database)
