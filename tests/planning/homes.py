"""Homes with a battery each, in a warehouse that believes some prices: hourly steps, and no look-ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Engine, text

from flex_pipeline.planning import configuration
from flex_pipeline.planning.planner import Planner
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.scheduling.batch import Solvers
from flex_pipeline.warehouse.beliefs import store_readings
from flex_pipeline.warehouse.portfolios import store_portfolio, version_in_force

DAY = date(2025, 6, 10)
MIDNIGHT = datetime(2025, 6, 9, 22, tzinfo=UTC)
NOW = datetime(2025, 6, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SETTINGS = """
settings: {planning-time: "13:15", look-ahead: PT0H, resolution: PT1H}
sensors:
  price:
    {unit: EUR/MWh, resolution: PT1H, kind: price, known: {day-ahead: "13:00"},
     source: {simulated: price, level: 85 EUR/MWh}}
"""
HOME = """
site: %(site)s
sensors:
  %(site)s.load:
    {unit: kW, resolution: PT1H, kind: load, known: {day-ahead: "06:00"},
     source: {simulated: load, profile: home, yearly: 3000 kWh}}
flex-context:
  consumption-price: {sensor: price}
  site-power-capacity: 17 kVA
  inflexible-consumption: [{sensor: %(site)s.load}]
devices:
  battery:
    flex-model: {soc-at-start: %(soc_kwh)d kWh, soc-max: 10 kWh, power-capacity: 5 kW}
"""


def homes(folder: Path, warehouse: Engine, names: Sequence[str]) -> Portfolio:
    """A portfolio of homes that is in force; the prices and loads of two days are known."""
    (folder / "portfolio.yaml").write_text(SETTINGS)
    for i, name in enumerate(names):
        (folder / f"{name}.yaml").write_text(HOME % {"site": name, "soc_kwh": i % 10})
    portfolio = configuration.load(folder)
    with warehouse.begin() as session:
        store_portfolio(session, portfolio)
    know(warehouse, "price", [100.0 if 8 <= h % 24 < 20 else 50.0 for h in range(48)])
    for name in names:
        know(warehouse, f"{name}.load", [0.5] * 48)
    return portfolio


def know(
    warehouse: Engine,
    sensor: str,
    values: Sequence[float],
    first: datetime = MIDNIGHT,
    since: datetime = MIDNIGHT - timedelta(days=1),
) -> None:
    """Store hourly readings; known, unless said otherwise, since before the day was planned."""
    frame = pl.DataFrame(
        {
            "sensor": sensor,
            "event_start": [first + i * HOUR for i in range(len(values))],
            "belief_time": since,
            "source": "meter",
            "value": values,
        },
        schema_overrides={"event_start": pl.Datetime("us", "UTC"), "belief_time": pl.Datetime("us", "UTC")},
    )
    with warehouse.begin() as session:
        store_readings(session, frame, since)


def planner(warehouse: Engine, portfolio: Portfolio, solvers: Solvers | None = None) -> Planner:
    """One that solves in this process, if not said otherwise."""
    with warehouse.connect() as session:
        version = version_in_force(session, portfolio)
    return Planner(warehouse, portfolio, version, solvers or Solvers(1))


def rows(warehouse: Engine, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with warehouse.connect() as session:
        return [tuple(row) for row in session.execute(text(query))]
