"""How good the forecasts of a day were that plans were made with, once the day is measured."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from flex_pipeline.forecasting.accuracy import WEEK, accuracy, compared
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.timeseries.grid import local_day
from flex_pipeline.warehouse.accuracy import read_forecasts, replace_accuracy
from flex_pipeline.warehouse.as_of import read_as_of
from flex_pipeline.warehouse.recording import EVER


def measure_accuracy(engine: Engine, portfolio: Portfolio, day: date, now: datetime) -> pl.DataFrame:
    """Compare all forecasts of the steps of a local day with what was measured; replaces the rows of the day.

    A value that was repaired was not measured. Of sensors whose forecasts are dropped by now the rows stay. Gives the
    rows stored, see `accuracy`.
    """
    sensors = sorted(forecastable(portfolio), key=lambda sensor: sensor.timezone)
    with engine.begin() as session:
        rows = []
        for zone, of_zone in groupby(sensors, key=lambda sensor: sensor.timezone):
            steps, forecast = _steps(session, list(of_zone), day, zone)
            rows.append(accuracy(steps, zone))
            replace_accuracy(session, rows[-1], "live", forecast, (day, day), now)
    return pl.concat(rows)


def forecastable(portfolio: Portfolio) -> list[Sensor]:
    """The sensors whose forecasts are numbers to compare, step by step; by name."""
    sensors = portfolio.sensors.values()
    return sorted((s for s in sensors if not s.is_state and not s.is_sparse), key=lambda sensor: sensor.name)


def read_measured(
    session: Session, sensors: Collection[str], start: datetime, end: datetime, as_of: datetime = EVER
) -> pl.DataFrame:
    """What was measured of the steps in [start, end), as far as it was known at a time: sensor, event_start, value.

    Steps whose reading was repaired lack.
    """
    held = read_as_of(session, sensors, start, end, as_of, types=("reading", "repair"))
    return held.filter(pl.col("source_type") == "reading").select("sensor", "event_start", "value")


def _steps(
    session: Session, sensors: Collection[Sensor], day: date, timezone: str
) -> tuple[pl.DataFrame, list[str]]:
    """The compared steps of a local day of some sensors, and those of which there is any forecast."""
    grid = local_day(day, ZoneInfo(timezone), min(sensor.resolution for sensor in sensors))
    names, start, end = [sensor.name for sensor in sensors], grid.start_utc, grid.end_utc
    forecasts = read_forecasts(session, names, start, end)
    measured = read_measured(session, names, start, end)
    # what had been measured a week before counts as it was known when the forecast was made
    parts = [
        compared(of_origin, measured, read_measured(session, names, start - WEEK, end - WEEK, origin))
        for (origin,), of_origin in forecasts.partition_by(
            "origin", as_dict=True, maintain_order=True
        ).items()
    ]
    nothing = compared(forecasts.clear(), measured, measured)
    return pl.concat([nothing, *parts]), forecasts["sensor"].unique().to_list()
