"""Readers see the rows of their accounts and of nobody else, by whatever table, view or function."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import psycopg
import pytest
from psycopg import sql

from flex_pipeline.warehouse import access
from flex_pipeline.warehouse.access import AccessError
from flex_pipeline.warehouse.beliefs import store_forecasts, store_readings
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine, migrate
from tests.dbt_reports.plans import Reports, Step, store_sites

DAY = date(2026, 10, 20)
NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)
# all that is neither PostgreSQL's own nor an index
RELATIONS = """
    select
        format('%I.%I', n.nspname, c.relname), c.relkind, c.relrowsecurity,
        'security_invoker=true' = any(c.reloptions)
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname <> all('{pg_catalog,information_schema,pg_toast}') and n.nspname !~ '^pg_temp'
        and c.relkind not in ('i', 'I')
"""
MAY_READ = f"{RELATIONS} and c.relkind <> 'S' and has_any_column_privilege(c.oid, 'select') order by 1"
MAY_CHANGE = f"""{RELATIONS} and c.relkind <> 'S'
    and (has_table_privilege(c.oid, 'insert,update,delete,truncate,references,trigger')
        or has_any_column_privilege(c.oid, 'insert,update,references'))
    union all
    {RELATIONS} and case when c.relkind = 'S' then has_sequence_privilege(c.oid, 'usage,select,update') end
"""


@pytest.fixture(scope="module")
def database(server: Connection) -> Iterator[Connection]:
    """A warehouse in which two accounts have rows in every table, and its reports."""
    fresh = server.warehouse.at("test_access")
    with psycopg.connect(server.warehouse.at("postgres").url(), autocommit=True) as session:
        session.execute("create database test_access")
        connection = Connection(fresh, fresh.at("dagster"))
        try:
            migrate(connection)
            fill(connection)
            yield connection
        finally:
            engine(connection).dispose()
            session.execute("drop database test_access with (force)")


def fill(connection: Connection) -> None:
    reports = Reports(connection)
    with engine(connection).begin() as session:
        store_sites(session)
    reports.execute("update flex.site set account = 'mill' where site_id = 'mill-01'")
    for sensor, site in (("home-01.load", "'home-01'"), ("mill-01.load", "'mill-01'"), ("price", "null")):
        reports.execute(f"""
            insert into flex.sensor (name, site_id, kind, unit, resolution, active, version_id)
            values ('{sensor}', {site}, 'load', 'kW', 'PT1H', true, 1)
        """)
    for site in ("home-01", "mill-01"):
        reports.plan(site, DAY, {3: Step(load_kw=1.0)}, capacity_kw=5.0)
    values = pl.DataFrame(
        {
            "sensor": ["home-01.load", "home-01.load", "mill-01.load", "mill-01.load", "price"],
            "event_start": NOON,
            "belief_time": NOON,
            "source": ["home.csv", "home.csv", "mill.csv", "mill.csv", "exchange"],
            "value": [1.0, 2.0, 3.0, 4.0, 5.0],
        },
        schema_overrides=dict.fromkeys(("event_start", "belief_time"), pl.Datetime("us", "UTC")),
    )
    with engine(connection).begin() as session:
        store_readings(session, values, NOON)
        store_forecasts(session, values[::2].with_columns(quantile=pl.lit(0.5)))
    for statement in (
        "insert into flex.forecast_run select sensor_id, date '2026-10-20', now(), 'x', 1, '', '',"
        " 0, 0, 0, 0, now() from flex.sensor",
        "insert into flex.data_quality select sensor_id, date '2026-10-20', 'x', 'error', false, '', '[]', now()"
        " from flex.sensor",
        "insert into flex.reading_day select sensor_id, date '2026-10-20', 1, 1, 1 from flex.sensor",
        "insert into flex.replaced_belief select b.*, now() from flex.belief as b",
        "insert into flex.charging_session select sensor_id, name, now(), 'A', now(), now(), 1, 1 from flex.sensor",
        "insert into flex.plan_input select r.run_id, n.sensor_id, 'measured', 'meter', 1"
        " from flex.schedule_run as r join flex.sensor as n using (site_id)",
        "insert into flex.cost_term select run_id, 'energy', 'net energy', 1 from flex.schedule_run",
        "insert into flex.commodity_plan select run_id, 'gas', now(), now(), 1, 1, 1, 0, 1, 1 from flex.schedule_run",
        "insert into flex.group_plan select run_id, 'plaza', now(), now(), 0, 0 from flex.schedule_run",
        "insert into flex.group_member select run_id, 'plaza', device_id from flex.device_plan",
        "insert into flex.forecast_accuracy select sensor_id, date '2026-10-20', 'live', 'x', 6, 0, '', 1, 0, 0, 0,"
        " 0, 0, now() from flex.sensor",
        "insert into flex.perfect_schedule select run_id, device_id, event_start, event_end, 0, 0 from flex.schedule",
        "insert into flex.forecast_value (run_id, site_id, date, input_hash, planned_cost, perfect_cost,"
        " followed_energy_cost, horizon_end, computed_at)"
        " select run_id, site_id, date, 'x', 1, 1, 1, now(), now() from flex.schedule_run",
        "insert into flex.trained_model (sensor_id, trained_as_of, occasion, sensor_hash, code_version, data_hash,"
        " read_at, window_start, window_end, readings, name, ladder_step, reason, cpu_s, decision, stored_at)"
        " select sensor_id, now(), 'due', '', '', '', now(), now(), now(), 0, '', '', '', 0, '', now()"
        " from flex.sensor",
        "insert into flex.shadow_price select run_id, 'site', 'limit', now(), 1, 'EUR/kW' from flex.schedule_run",
        "insert into flex.site_outcome select site_id, 'electricity', date, event_start, event_end, 1, 1, 1, 1, 1, 1"
        " from flex.site_plan join flex.schedule_run using (run_id)",
        "insert into flex.site_outcome select site_id, 'gas', date, event_start, event_end, 1, 1, 1, 1, 1, 1"
        " from flex.commodity_plan join flex.schedule_run using (run_id)",
        "insert into flex.device_outcome select device_id, date, event_start, event_end, 1, 1"
        " from flex.schedule join flex.schedule_run using (run_id)",
        "insert into flex.forecast_band select run_id, event_start, 1, 1, 1, 1 from flex.site_plan",
        "insert into flex.alternative select run_id, 'charge at once', device_id, event_start, event_end, 1, 1"
        " from flex.schedule",
        "insert into flex.outcome_day select site_id, date, now() from flex.schedule_run",
        "insert into flex.day_cost select run_id, way, 'electricity', date, 1, 1, 1, 1, 1, 1, 1, 1"
        " from flex.schedule_run, unnest('{planned,no flexibility}'::text[]) as way",
        "update flex.schedule_run set energy_cost = 1",
        "update flex.site_plan set consumption_emissions = 1, production_emissions = 1",
        "insert into flex.pareto_point select run_id, 1, 1, 1, null, 'optimal' from flex.schedule_run",
        "insert into flex.aggregate select site_id, site_id, 'UTC', 'kW', 1, 'PT1H', 1 from flex.site",
        "insert into flex.aggregate_weight select site_id, site_id || '.load', 1 from flex.site",
    ):
        reports.execute(statement)
    assert [result for result in reports.build(DAY).values() if result.failed] == []


@pytest.fixture(scope="module")
def readers(database: Connection) -> Iterator[dict[str, Connection]]:
    """Logins of the two accounts, and one that reads nothing any more."""
    grants = {account: access.grant(database, account, f"test_{account}") for account in ("acme", "mill")}
    stranger = access.grant(database, "acme", "test_stranger")
    with psycopg.connect(database.url) as session:
        session.execute("delete from flex.reader where login = 'test_stranger'")
    found = {name: login(database, granted) for name, granted in {**grants, "stranger": stranger}.items()}
    yield found
    for account in ("acme", "mill"):
        access.revoke(database, account)
    with psycopg.connect(database.url) as session:
        session.execute("drop role test_stranger")


def login(database: Connection, granted: access.Grant) -> Connection:
    assert granted.password is not None
    warehouse = replace(database.warehouse, user=granted.login, password=granted.password)
    return Connection(warehouse, warehouse.at(database.dagster.name))


def rows(connection: Connection, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(connection.url) as session:
        return session.execute(query.encode()).fetchall()


def whole(connection: Connection, relation: str) -> Counter[object]:
    return Counter(row for (row,) in rows(connection, f"select r::text from {relation} as r"))


def test_no_relation_shows_a_reader_a_row_of_another_account(readers: dict[str, Connection]) -> None:
    relations = [str(row[0]) for row in rows(readers["acme"], MAY_READ)]
    assert {"flex.belief", "flex.current_schedule", "reports.site_cost_daily"} <= set(relations)

    for relation in relations:
        acme, mill, stranger = (whole(readers[name], relation) for name in ("acme", "mill", "stranger"))
        # each sees rows of its own, so a row that both see is shared, or it leaks; a stranger sees what is shared
        assert acme - stranger, f"{relation}: store a row of each account above, lest this test prove nothing"
        assert mill - stranger, f"{relation}: store a row of each account above, lest this test prove nothing"
        assert acme & mill == stranger, f"{relation} shows rows of one account to the other"


def test_what_is_shared_is_the_feed_of_no_site_and_nothing_else(readers: dict[str, Connection]) -> None:
    relations = [str(row[0]) for row in rows(readers["stranger"], MAY_READ)]
    shared = {relation: len(whole(readers["stranger"], relation)) for relation in relations}

    assert rows(readers["stranger"], "select name from flex.sensor") == [("price",)]
    assert rows(readers["stranger"], "select distinct sensor, value from flex.current_belief") == [
        ("price", 5.0)
    ]
    of_sensors = {
        "sensor",
        "sensor_source",
        "source",
        "belief",
        "current_belief",
        "replaced_belief",
        "charging_session",
        "current_charging_session",
        "forecast_run",
        "trained_model",
        "data_quality",
        "reading_day",
        "forecast_accuracy",
        "current_forecast_accuracy",
        "forecast_accuracy_by_hour",
        "reports.data_quality_daily",
        "reports.forecast_accuracy_daily",
        "reports.sensor_freshness",
    }
    assert {name.removeprefix("flex.") for name, count in shared.items() if count} == of_sensors


def test_every_relation_open_to_readers_is_protected_in_itself(readers: dict[str, Connection]) -> None:
    for relation, kind, has_policies, asks_as_reader in rows(readers["acme"], MAY_READ):
        assert has_policies if kind in ("r", "p") else kind == "v" and asks_as_reader, relation


def test_readers_may_change_nothing_and_call_none_of_our_functions(readers: dict[str, Connection]) -> None:
    assert rows(readers["acme"], MAY_CHANGE) == []
    functions = """
        select p.oid::regprocedure from pg_proc as p
        where p.pronamespace in ('flex'::regnamespace, 'reports'::regnamespace, 'public'::regnamespace)
            and has_function_privilege(p.oid, 'execute')
    """
    assert rows(readers["acme"], functions) == []
    makes = (
        "select nspname from pg_namespace where has_schema_privilege(oid, 'create') and nspname !~ '^pg_temp'"
    )
    assert rows(readers["acme"], makes) == []


def test_the_configuration_of_all_and_the_months_of_beliefs_are_closed(
    readers: dict[str, Connection],
) -> None:
    for relation in ("flex.portfolio_version", "flex.belief_2026_10", "public.schema_version"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            whole(readers["acme"], relation)


def test_a_reader_does_not_enter_the_database_of_dagster(readers: dict[str, Connection]) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        rows(Connection(readers["acme"].dagster, readers["acme"].dagster), "select 1")


def test_a_reader_cannot_take_another_role_or_turn_the_policies_off(readers: dict[str, Connection]) -> None:
    for statement in ("set role test_mill", "set role flex_pipeline", "set session authorization test_mill"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            rows(readers["acme"], statement)
    with psycopg.connect(readers["acme"].url) as session:
        session.execute("set role flex_reader")  # of which it is a member: it then reads no account at all
        assert session.execute("select count(*) from flex.site").fetchone() == (0,)
        session.execute("reset role")
        session.execute("set row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("select * from flex.site")


def test_the_statistics_of_the_planner_tell_a_reader_nothing(
    database: Connection, readers: dict[str, Connection]
) -> None:
    with psycopg.connect(database.url, autocommit=True) as session:
        session.execute("analyze")
    assert rows(database, "select 1 from pg_stats where schemaname in ('flex', 'reports') limit 1") == [(1,)]
    assert rows(readers["acme"], "select * from pg_stats where schemaname in ('flex', 'reports')") == []


def test_a_function_in_a_condition_is_not_shown_rows_of_others(readers: dict[str, Connection]) -> None:
    with psycopg.connect(readers["acme"].url) as session:
        session.execute("""
            create function pg_temp.tell(text) returns boolean language plpgsql cost 0.0001
            as $$ begin raise notice '%', $1; return true; end $$
        """)
        told: list[str | None] = []
        session.add_notice_handler(lambda notice: told.append(notice.message_primary))
        for view in ("flex.site", "flex.current_schedule", "reports.site_cost_daily"):
            session.execute(sql.SQL("select from {} where pg_temp.tell(site_id)").format(sql.SQL(view)))
    assert set(told) == {"home-01"}


def test_a_mart_that_is_built_anew_is_protected_from_its_first_moment(
    database: Connection, readers: dict[str, Connection]
) -> None:
    rows_before = whole(readers["acme"], "reports.headroom")
    Reports(database).execute("drop table reports.headroom")
    Reports(database).build(DAY)

    assert whole(readers["acme"], "reports.headroom") == rows_before


def test_a_view_and_a_table_of_a_later_version_are_protected_when_the_schema_is_brought_up_to_date(
    database: Connection, readers: dict[str, Connection]
) -> None:
    Reports(database).execute("create view flex.later as select * from flex.site")
    costs = "select site_id, null::integer as sensor_id from flex.site"
    Reports(database).execute(f"create table flex.later_costs as {costs}")
    try:
        for name in ("flex.later", "flex.later_costs"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                whole(readers["acme"], name)
        migrate(database)
        for name in ("flex.later", "flex.later_costs"):
            assert len(whole(readers["acme"], name)) == 1
    finally:
        Reports(database).execute("drop view flex.later; drop table flex.later_costs")


def test_what_a_shared_price_costs_a_site_is_not_shared(
    database: Connection, readers: dict[str, Connection]
) -> None:
    Reports(database).execute("""
        create table reports.price_paid as
        select p.sensor_id, s.site_id from flex.sensor as p cross join flex.site as s where p.name = 'price';
        select flex.guard('reports.price_paid')
    """)
    try:
        assert rows(readers["acme"], "select site_id from reports.price_paid") == [("home-01",)]
    finally:
        Reports(database).execute("drop table reports.price_paid")


def test_a_login_can_read_two_accounts_and_loses_one_at_a_time(database: Connection) -> None:
    first = access.grant(database, "acme", "test_both")
    second = access.grant(database, "mill", "test_both")
    both = login(database, first)

    assert second == access.Grant("test_both", ("acme", "mill"), None)
    assert access.list_readers(database)["test_both"] == ("acme", "mill")
    assert len(rows(both, "select * from flex.site")) == 2
    assert access.revoke(database, "acme", "test_both") == ("test_both",)
    assert rows(both, "select account from flex.site") == [("mill",)]
    access.revoke(database, "mill", "test_both")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        rows(both, "select 1")


def test_a_password_of_ones_own_is_taken_and_not_told_to_the_servers_log(database: Connection) -> None:
    with psycopg.connect(database.url, autocommit=True) as session:
        session.execute("alter database test_access set log_statement = 'all'")
        given = access.grant(database, "acme", "test_own", "correct horse")
        session.execute("alter database test_access reset log_statement")
        assert rows(login(database, given), "select 1") == [(1,)]
        hashed = session.execute("select rolpassword from pg_authid where rolname = 'test_own'").fetchone()
        folder = session.execute("show data_directory").fetchone()
    assert hashed
    assert str(hashed[0]).startswith("SCRAM-SHA-256$4096:")  # a password of people has need of the iterations
    assert folder
    log = (Path(str(folder[0])).parent / "server.log").read_text()
    assert "CREATE ROLE" in log
    assert "correct horse" not in log
    access.revoke(database, "acme", "test_own")


def test_a_login_of_somebody_else_is_left_alone(database: Connection) -> None:
    with pytest.raises(AccessError, match='login "flex" belongs to somebody else'):
        access.grant(database, "acme", "flex")


@pytest.mark.parametrize(
    ("account", "login", "message"),
    [
        ("acm", None, 'account "acm" has no site; those there are: acme, mill'),
        ("acme", "x" * 64, "a name has 1 to 63 bytes"),
        ("acme", "pg_reader", "reserved; name another with --login"),
    ],
)
def test_what_cannot_be_granted_is_said(
    database: Connection, account: str, login: str | None, message: str
) -> None:
    with pytest.raises(AccessError, match=message):
        access.grant(database, account, login)
    assert (login or "acm_reader") not in access.list_readers(database)


def test_what_nobody_was_granted_cannot_be_revoked(database: Connection) -> None:
    with pytest.raises(AccessError, match='no login reads account "nobody"'):
        access.revoke(database, "nobody")
