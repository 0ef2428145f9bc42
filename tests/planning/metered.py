"""A home whose load is metered, so that its plans need a forecast: three weeks of it, and what came after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Engine

from flex_pipeline.planning import configuration
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.beliefs import store_readings
from flex_pipeline.warehouse.portfolios import store_portfolio
from tests.planning.homes import HOME, HOUR, MIDNIGHT, SETTINGS

DELAY = timedelta(minutes=15)
UTC_TIME = pl.Datetime("us", "UTC")


def metered_home(folder: Path, warehouse: Engine, context: str = "") -> Portfolio:
    """Site a, with a battery of 10 kWh that holds 2; `context`: more of its flex-context."""
    metered = HOME.replace('{day-ahead: "06:00"}', "{delay: PT15M}").replace(
        "flex-context:\n", f"flex-context:\n  {context}\n"
    )
    (folder / "portfolio.yaml").write_text(SETTINGS)
    (folder / "a.yaml").write_text(metered % {"site": "a", "soc_kwh": 2})
    portfolio = configuration.load(folder)
    with warehouse.begin() as session:
        store_portfolio(session, portfolio)
    return portfolio


def believe(warehouse: Engine, sensor: str, hours: range, values: Sequence[float], known: Any = None) -> None:
    """Store readings of hours after midnight; known, unless said otherwise, when the meter tells them."""
    starts = [MIDNIGHT + hour * HOUR for hour in hours]
    frame = pl.DataFrame(
        {
            "sensor": sensor,
            "event_start": starts,
            "belief_time": known or [start + HOUR + DELAY for start in starts],
            "source": "meter",
            "value": values,
        },
        schema_overrides={"event_start": UTC_TIME, "belief_time": UTC_TIME},
    )
    with warehouse.begin() as session:
        store_readings(session, frame, frame["belief_time"].max())
