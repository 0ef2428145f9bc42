"""How to reach the databases: every program's spelling of the same settings, derived in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

SCHEMES = ("postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2")
# libpq itself knows which of its parameters a program can also be given by environment variable
VARIABLE_OF_OPTION = {
    option.keyword.decode(): option.envvar.decode()
    for option in psycopg.pq.Conninfo.get_defaults()
    if option.envvar
}


class ServerError(RuntimeError):
    """The database server cannot be used as things are; the message says what to do."""


@dataclass(frozen=True)
class Database:
    """One database on one server. `host` may be the folder of a Unix socket; `options` are libpq's."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    name: str
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, url: str, variable: str) -> Database:
        """The database at a URL; a ValueError names the `variable` that holds it, never the URL itself."""
        scheme, _, rest = url.strip().partition("://")
        example = "postgresql://user:password@host:5432/database"
        try:
            settings = dict(conninfo_to_dict(f"postgresql://{rest}")) if scheme in SCHEMES else None
        except psycopg.ProgrammingError:  # libpq quotes the URL, and so the password
            settings = None
        if settings is None:
            raise ValueError(
                f"{variable} is not the URL of a PostgreSQL database such as {example}; "
                "write special characters of the password in percent-encoding (@ is %40, % is %25)"
            )
        host, port, user, name = (
            str(settings.pop(key, "") or "") for key in ("host", "port", "user", "dbname")
        )
        missing = [word for word, value in (("host", host), ("user", user), ("database", name)) if not value]
        if missing:
            raise ValueError(f"{variable} names no {' and no '.join(missing)}; expected {example}")
        if "," in host or not (port or "5432").isdecimal():
            raise ValueError(f"{variable} must name one host and one port, such as {example}")
        password = str(settings.pop("password", "") or "")
        return cls(host, int(port or 5432), user, password, name, _options(settings, variable))

    def at(self, name: str) -> Database:
        """Another database on the same server."""
        return replace(self, name=name)

    def url(self, scheme: str = "postgresql") -> str:
        """The URL with the password in it; the plain scheme is what libpq and psycopg read."""
        socket = self.host.startswith("/")
        host = "" if socket else f"[{self.host}]" if ":" in self.host else self.host
        login = ":".join(quote(word, safe="") for word in (self.user, self.password) if word)
        query = dict(self.options) | ({"host": self.host} if socket else {})
        address = f"{scheme}://{login}@{host}:{self.port}/{quote(self.name, safe='')}"
        return f"{address}?{urlencode(query, quote_via=quote)}" if query else address

    @property
    def option_variables(self) -> dict[str, str]:
        """The options as environment variables, for programs that are given host and user by other means."""
        return {VARIABLE_OF_OPTION[option]: value for option, value in self.options}

    @property
    def libpq_variables(self) -> dict[str, str]:
        """All settings as environment variables, for psql and pg_dump."""
        named = {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.name,
        }
        return named | self.option_variables


def _options(settings: Mapping[str, object], variable: str) -> tuple[tuple[str, str], ...]:
    unreachable = sorted(settings.keys() - VARIABLE_OF_OPTION.keys())
    if unreachable:
        raise ValueError(f"{variable} sets {', '.join(unreachable)}, which cannot reach dbt; leave it out")
    return tuple(sorted((option, str(value)) for option, value in settings.items()))


@dataclass(frozen=True)
class Connection:
    """The two databases of an installation: the warehouse, and Dagster's own storage."""

    warehouse: Database
    dagster: Database

    @classmethod
    def parse(cls, url: str, dagster_url: str | None = None) -> Connection:
        """From the values of FLEX_DATABASE_URL and, if given, FLEX_DAGSTER_DATABASE_URL.

        Without the second, Dagster's storage is the database `<warehouse>_dagster` on the same server.
        """
        warehouse = Database.parse(url, "FLEX_DATABASE_URL")
        if dagster_url is None:
            return cls(warehouse, warehouse.at(f"{warehouse.name}_dagster"))
        return cls(warehouse, Database.parse(dagster_url, "FLEX_DAGSTER_DATABASE_URL"))

    @property
    def url(self) -> str:
        """The warehouse for psycopg and every other program on libpq."""
        return self.warehouse.url()

    @property
    def sqlalchemy_url(self) -> str:
        """The warehouse for SQLAlchemy, through psycopg 3."""
        return self.warehouse.url("postgresql+psycopg")

    @property
    def dagster_url(self) -> str:
        """Dagster's storage. dagster-postgres works with psycopg2 only; SQLAlchemy 2.1 defaults to 3."""
        return self.dagster.url("postgresql+psycopg2")

    @property
    def dbt_environment(self) -> dict[str, str]:
        """What profiles.yml reads, and libpq's variables for what it does not name, such as TLS."""
        named = {f"FLEX_{name}": value for name, value in self.warehouse.libpq_variables.items()}
        options = self.warehouse.option_variables
        return {name: value for name, value in named.items() if name[5:] not in options} | options

    def environment(self) -> dict[str, str]:
        """All variables for a child process, in which `resolve` then gives this same connection."""
        return {
            "FLEX_DATABASE_URL": self.url,
            "FLEX_DAGSTER_DATABASE_URL": self.dagster.url(),
            "FLEX_DAGSTER_URL": self.dagster_url,
        } | self.dbt_environment
