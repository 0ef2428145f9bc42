"""The answer to a query, from any database that SQLAlchemy can reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import Field, field_validator

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import http
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.reading import Reading, Window
from flex_pipeline.sources.sessions import SessionTable
from flex_pipeline.sources.wall_clock import event_starts
from flex_pipeline.sources.web import Question, Variable

CONNECT_S, QUERY_S = 10, 60
EXAMPLE = "select time, kw from meter where time >= :start and time < :end"


class SqlQuestion(Question):
    """A query, and the environment variable that has the address of the database with its password."""

    url_env: Variable = Field(alias="url-env")
    query: str

    @field_validator("query")
    @classmethod
    def _reads_a_window(cls, value: str) -> str:
        if not re.match(r"\s*(select|with)\b", value, re.IGNORECASE):
            raise ValueError(f'must read: begin with "select" or "with", for example "{EXAMPLE}"')
        if not all(re.search(rf"(?<!:):{bound}\b", value) for bound in ("start", "end")):
            raise ValueError(f'must use :start and :end, the window that is read, for example "{EXAMPLE}"')
        return value


class SqlSource(SessionTable):
    """Rows of a database. `:start` and `:end` in the query are timestamps with offset, in UTC."""

    sql: SqlQuestion

    def name(self) -> str:
        """The variable that has the address: never the address."""
        return f"sql:{self.sql.url_env}"

    def read(self, sensor: Sensor, window: Window, base: Path) -> Reading:
        """The values of the window, of rows from a step before it to a step after it. Raises SourceError."""
        near = window.wider(self.reach(sensor))
        try:
            rows = self._rows(near)
            values = self.values_of(event_starts(rows, *self.clock(sensor)), sensor, window)
            return Reading(values, self.notices(rows, sensor, window))
        except SourceError as error:
            raise error.in_file(self.name()) from None

    def _rows(self, window: Window) -> pl.DataFrame:
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError

        url = http.secret(self.sql.url_env, "the address of the database")
        try:
            with _reading(url) as session:
                found = session.execute(text(self.sql.query), {"start": window.start, "end": window.end})
                columns, rows = list(found.keys()), [tuple(map(_plain, row)) for row in found]
        except (SQLAlchemyError, ImportError, ValueError, TypeError, OSError) as error:
            said = http.redacted(str(getattr(error, "orig", None) or error)).strip().splitlines() or [
                "failed"
            ]
            raise SourceError("source.sql.query", type(error).__name__, f"was answered: {said[0]}") from None
        if len(set(columns)) != len(columns):
            raise SourceError("source.sql.query", ", ".join(columns), "gives two columns of one name")
        try:
            return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)
        except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError) as error:
            raise SourceError(
                "source.sql.query", ", ".join(columns), f"gives columns of mixed types: {error}"
            ) from None


def _plain(cell: Any) -> Any:
    """Times with an offset in UTC: a column of polars has one zone."""
    return cell.astimezone(UTC) if isinstance(cell, datetime) and cell.tzinfo else cell


@contextmanager
def _reading(url: str) -> Iterator[Any]:
    """A session that cannot write where the database can promise that, and never commits. Closed afterwards."""
    import sqlalchemy

    # the driver that this project has; the address of a database rarely names one
    address = sqlalchemy.make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url))
    http.keep_secret(str(address.password or ""))
    options: dict[str, Any] = {}
    if address.get_backend_name() == "postgresql":
        options = {
            "connect_timeout": CONNECT_S,
            "options": f"-c statement_timeout={QUERY_S * 1000} -c timezone=UTC",
        }
    engine = sqlalchemy.create_engine(
        address, poolclass=sqlalchemy.NullPool, connect_args=options, hide_parameters=True
    )
    try:
        with engine.connect() as session:
            if options:
                session.execute(sqlalchemy.text("set transaction read only"))
            yield session
    finally:
        engine.dispose()
