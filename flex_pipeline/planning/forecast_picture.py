"""The forecasts of a day for drawing, from what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from sqlalchemy import Engine

from flex_pipeline.planning.forecasts import Forecasted
from flex_pipeline.planning.horizon import horizon
from flex_pipeline.plots.fan import Fan
from flex_pipeline.plots.style import Array
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.beliefs import read_held, read_quantiles

MOST_PANELS = 6
# those that cost most to get wrong come first
ORDER = ("price", "load", "pv", "heat")


def fans(engine: Engine, portfolio: Portfolio, done: Sequence[Forecasted], day: date) -> list[Fan]:
    """The forecasts of some sensors for a day, from the day before its planning on; at most six."""
    return [
        _fan(engine, portfolio, forecasted, day)
        for forecasted in sorted(done, key=lambda each: _place(portfolio, each))[:MOST_PANELS]
    ]


def _place(portfolio: Portfolio, forecasted: Forecasted) -> tuple[int, str]:
    kind = portfolio.sensors[forecasted.sensor].kind
    return (ORDER.index(kind) if kind in ORDER else len(ORDER), forecasted.sensor)


def _fan(engine: Engine, portfolio: Portfolio, forecasted: Forecasted, day: date) -> Fan:
    sensor, origin = portfolio.sensors[forecasted.sensor], forecasted.planning_time
    end = horizon(portfolio.settings, sensor.timezone, day, origin).end
    first = (origin - timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    steps = pl.datetime_range(first, end, sensor.resolution, closed="left", eager=True, time_unit="us")
    with engine.connect() as session:
        forecast = read_quantiles(session, sensor.name, first, end, origin)
        held = read_held(session, [sensor.name], first, end).select("event_start", "value")
    levels = portfolio.settings.quantiles
    return Fan(
        sensor=sensor.name,
        kind=sensor.kind,
        unit=sensor.unit,
        model=forecasted.model.name,
        timezone=ZoneInfo(sensor.timezone),
        starts=steps.dt.replace_time_zone(None).to_numpy(),
        step_hours=sensor.resolution / timedelta(hours=1),
        quantiles={
            level: _on(steps, forecast.filter((pl.col("quantile") - level).abs() < 1e-6)) for level in levels
        },
        measured=_on(steps, held),
        planned=np.datetime64(origin.replace(tzinfo=None), "us"),
    )


def _on(steps: pl.Series, values: pl.DataFrame) -> Array:
    """The value of each step, NaN where there is none."""
    grid = steps.alias("event_start").to_frame().join(values, on="event_start", how="left")
    return grid.sort("event_start")["value"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
