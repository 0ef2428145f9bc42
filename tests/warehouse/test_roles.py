"""The three roles on a server of one's own: an owner who is no superuser, a pipeline that owns nothing, readers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import psycopg
import pytest

from flex_pipeline.warehouse import access, embedded
from flex_pipeline.warehouse.beliefs import store_readings
from flex_pipeline.warehouse.connection import Connection, ServerError
from flex_pipeline.warehouse.database import engine, migrate
from tests.dbt_reports.plans import Reports, Step, store_sites

DAY = date(2026, 10, 20)


@pytest.fixture
def logins(server: Connection, database: Connection) -> Iterator[dict[str, Connection]]:
    """The owner of an empty database, and a login for the pipeline."""
    migrate(server)  # the roles are there, as an administrator made them
    with psycopg.connect(server.url, autocommit=True) as session:
        for role in ("test_owner", "test_pipeline"):
            session.execute(f"create role {role} login password 'x' in role flex_pipeline".encode())
        session.execute(f"alter database {database.warehouse.name} owner to test_owner".encode())
        yield {role: _as(database, role) for role in ("test_owner", "test_pipeline")}
        for role in ("test_owner", "test_pipeline"):
            engine(_as(database, role)).dispose()
        session.execute(f"alter database {database.warehouse.name} owner to flex".encode())
    with psycopg.connect(database.url, autocommit=True) as session:
        session.execute("reassign owned by test_owner, test_pipeline to flex")
        session.execute("drop owned by test_owner, test_pipeline")
        session.execute("drop role test_owner, test_pipeline")


def _as(database: Connection, role: str) -> Connection:
    warehouse = replace(database.warehouse, user=role, password="x")
    return Connection(warehouse, warehouse)


def test_the_pipeline_loads_plans_and_reports_without_owning_a_table(logins: dict[str, Connection]) -> None:
    migrate(logins["test_owner"])
    pipeline = logins["test_pipeline"]
    migrate(pipeline)
    reports = Reports(pipeline)
    with engine(pipeline).begin() as session:
        store_sites(session)
    reports.execute("""
        insert into flex.sensor (name, kind, unit, resolution, active, version_id)
        values ('price', 'price', 'EUR/kWh', 'PT1H', true, 1)
    """)
    at = [
        datetime(2026, month, 1, tzinfo=UTC) for month in (10, 11)
    ]  # two months, of which none is there yet
    readings = {"sensor": "price", "event_start": at, "belief_time": at, "source": "exchange", "value": 0.1}
    with engine(pipeline).begin() as session:
        assert store_readings(session, pl.DataFrame(readings), at[1]) == 2
    reports.plan("home-01", DAY, {3: Step(load_kw=1.0)})

    assert [result for result in reports.build(DAY).values() if result.failed] == []
    assert reports.rows("select energy_bought_kwh from reports.site_cost_daily") == [(1.0,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(pipeline.url) as raw:
        raw.execute("drop table flex.belief")


def test_the_owner_grants_access_once_an_administrator_lets_them(
    server: Connection, logins: dict[str, Connection]
) -> None:
    owner = logins["test_owner"]
    migrate(owner)
    with engine(owner).begin() as session:
        store_sites(session)
    with pytest.raises(
        ServerError, match=r'ALTER ROLE "test_owner" CREATEROLE; GRANT flex_reader'
    ) as refused:
        access.grant(owner, "acme", "test_granted")
    with psycopg.connect(server.url) as administrator:
        administrator.execute(str(refused.value).splitlines()[1].encode())

    granted = access.grant(owner, "acme", "test_granted")
    reader = replace(owner.warehouse, user="test_granted", password=granted.password or "")
    with psycopg.connect(reader.url()) as session:
        assert session.execute("select count(*) from flex.site").fetchone() == (2,)
    access.revoke(owner, "acme")
    assert access.list_readers(owner) == {}


def test_an_owner_who_may_not_make_the_roles_is_told_what_to_ask_for(home: Path) -> None:
    fresh = embedded.start(home)
    with psycopg.connect(fresh.url, autocommit=True) as session:
        session.execute("create role plain login password 'x'")
        session.execute("create database plain owner plain")
    plain = replace(fresh.warehouse, user="plain", password="x", name="plain")

    with pytest.raises(
        ServerError, match="CREATE ROLE flex_pipeline; CREATE ROLE flex_reader; GRANT"
    ) as refused:
        migrate(Connection(plain, plain))
    with psycopg.connect(fresh.url) as administrator:
        administrator.execute(str(refused.value).splitlines()[1].encode())
    migrate(Connection(plain, plain))
    engine(Connection(plain, plain)).dispose()
