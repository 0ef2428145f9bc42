import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine import make_url

from flex_pipeline.warehouse.connection import Connection, Database

AWKWARD = "p@ss:w/rd?#%20[x] é"  # every character that means something in a URL
PLAIN = "postgresql://anna:secret@db.example:5433/energy"


def awkward() -> Database:
    return Database("db.example", 5433, "an na@corp", AWKWARD, "my energy")


def test_every_spelling_of_an_awkward_password_is_read_back_by_its_reader() -> None:
    connection = Connection(awkward(), awkward())
    for url in (connection.sqlalchemy_url, connection.dagster_url):
        read = make_url(url)
        assert (read.username, read.password, read.database) == ("an na@corp", AWKWARD, "my energy")
    libpq = conninfo_to_dict(connection.url)
    assert (libpq["user"], libpq["password"], libpq["dbname"]) == ("an na@corp", AWKWARD, "my energy")
    assert connection.dbt_environment["FLEX_PGPASSWORD"] == AWKWARD
    assert Database.parse(connection.url, "X") == awkward()


def test_the_warehouse_goes_through_psycopg_3_and_dagster_through_psycopg_2() -> None:
    connection = Connection.parse(PLAIN)
    assert connection.sqlalchemy_url == "postgresql+psycopg://anna:secret@db.example:5433/energy"
    assert connection.dagster_url == "postgresql+psycopg2://anna:secret@db.example:5433/energy_dagster"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"])
def test_a_url_may_be_written_for_any_of_the_programs(scheme: str) -> None:
    assert Connection.parse(PLAIN.replace("postgresql", scheme, 1)) == Connection.parse(PLAIN)


def test_dbt_is_told_host_port_user_password_and_database() -> None:
    assert Connection.parse(PLAIN).dbt_environment == {
        "FLEX_PGHOST": "db.example",
        "FLEX_PGPORT": "5433",
        "FLEX_PGUSER": "anna",
        "FLEX_PGPASSWORD": "secret",
        "FLEX_PGDATABASE": "energy",
    }


def test_encryption_asked_for_in_the_url_reaches_every_program() -> None:
    connection = Connection.parse(f"{PLAIN}?sslmode=verify-full&sslrootcert=/etc/my%20ca.pem")
    assert connection.dbt_environment["PGSSLMODE"] == "verify-full"
    assert connection.warehouse.libpq_variables["PGSSLROOTCERT"] == "/etc/my ca.pem"
    assert make_url(connection.dagster_url).query["sslmode"] == "verify-full"
    assert conninfo_to_dict(connection.url)["sslrootcert"] == "/etc/my ca.pem"


def test_a_unix_socket_is_a_host_too() -> None:
    connection = Connection.parse("postgresql://anna@/energy?host=/run/postgresql")
    assert connection.warehouse.host == "/run/postgresql"
    assert make_url(connection.sqlalchemy_url).query["host"] == "/run/postgresql"
    assert conninfo_to_dict(connection.url)["host"] == "/run/postgresql"
    assert connection.dbt_environment["FLEX_PGHOST"] == "/run/postgresql"


def test_an_ipv6_address_keeps_its_brackets() -> None:
    connection = Connection.parse("postgresql://anna@[::1]/energy")
    assert (connection.warehouse.host, connection.warehouse.port) == ("::1", 5432)
    assert make_url(connection.sqlalchemy_url).host == "::1"


def test_the_password_is_never_shown() -> None:
    assert "secret" not in repr(
        Connection.parse(f"{PLAIN}?sslpassword=secret".replace("sslpassword", "options"))
    )


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("mysql://anna:secret@db/energy", "is not the URL of a PostgreSQL database"),
        ("postgresql://anna:secr%et@db/energy", "percent-encoding"),
        ("postgresql://anna:secret@/energy", "names no host"),
        ("postgresql://db/energy", "names no user"),
        ("postgresql://anna:secret@db", "names no database"),
        ("postgresql://anna:secret@one:5432,two:5432/energy", "one host"),
        ("postgresql://anna:secret@db:54x/energy", "one host and one port"),
        (f"{PLAIN}?keepalives_idle=5", "keepalives_idle"),
    ],
)
def test_a_wrong_url_is_explained_without_giving_the_password_away(url: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        Connection.parse(url)
    assert str(caught.value).startswith("FLEX_DATABASE_URL")
    assert "secr" not in str(caught.value)


def test_the_session_server_answers_by_every_driver(database: Connection) -> None:
    import sqlalchemy as sa

    with psycopg.connect(database.url) as session:
        assert session.execute("SELECT current_database()").fetchone() == (database.warehouse.name,)
    for url, driver in ((database.sqlalchemy_url, "psycopg"), (database.dagster_url, "psycopg2")):
        engine = sa.create_engine(url)
        assert engine.driver == driver
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT 1")) == 1
        engine.dispose()
