"""What assets are given: the warehouse, the portfolio and the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache, cached_property
from pathlib import Path

import dagster as dg
import polars as pl
from pydantic import PrivateAttr
from sqlalchemy import Engine

from flex_pipeline.planning import configuration
from flex_pipeline.planning.accuracy import measure_accuracy
from flex_pipeline.planning.backtesting import Backtester
from flex_pipeline.planning.forecasts import ForecastDesk
from flex_pipeline.planning.hindsight import Hindsight
from flex_pipeline.planning.planner import Planner
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.scheduling.batch import Solvers
from flex_pipeline.warehouse import database
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.portfolios import version_in_force
from flex_pipeline.warehouse.resolve import resolve


class WarehouseResource(dg.ConfigurableResource[None]):
    """The warehouse: the server named by FLEX_DATABASE_URL, else the embedded one."""

    _connection: Connection | None = PrivateAttr(default=None)

    @property
    def connection(self) -> Connection:
        """Starts the embedded server if it is not running, and brings the schema up to date."""
        if self._connection is None:
            connection = resolve()
            database.migrate(connection)
            self._connection = connection
        return self._connection

    @property
    def engine(self) -> Engine:
        """For SQLAlchemy."""
        return database.engine(self.connection)


class PipelineResource(dg.ConfigurableResource[None]):
    """The portfolio and what works on it. Read once a process."""

    warehouse: WarehouseResource
    folder: str = ""

    @cached_property
    def portfolio(self) -> Portfolio:
        """The portfolio in `folder`, else in FLEX_PORTFOLIO, else the demo."""
        return configuration.load(Path(self.folder) if self.folder else None)

    @cached_property
    def forecasts(self) -> ForecastDesk:
        """Forecasts the sensors of the portfolio."""
        return ForecastDesk(self.warehouse.engine, self.portfolio, _solvers())

    @cached_property
    def planner(self) -> Planner:
        """Plans the sites of the portfolio."""
        with self.warehouse.engine.connect() as session:
            version = version_in_force(session, self.portfolio)
        return Planner(self.warehouse.engine, self.portfolio, version, _solvers())

    @cached_property
    def backtester(self) -> Backtester:
        """Forecasts past days again."""
        return Backtester(self.warehouse.engine, self.portfolio)

    @cached_property
    def hindsight(self) -> Hindsight:
        """Compares plans with perfect foresight."""
        return Hindsight(self.warehouse.engine, _solvers())

    def measure_accuracy(self, day: date) -> pl.DataFrame:
        """How far the forecasts of a day were from what was measured; replaces what is stored of it."""
        return measure_accuracy(self.warehouse.engine, self.portfolio, day, self.now())

    def now(self) -> datetime:
        """The clock, UTC."""
        return datetime.now(UTC)


@cache
def _solvers() -> Solvers:
    # one a process: runs of many dates share the workers, which end with it
    return Solvers()
