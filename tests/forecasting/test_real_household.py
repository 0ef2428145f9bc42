"""A French household, metered every half hour: the forecasts that are used are better than a week ago."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from flex_pipeline.forecasting.ladder import train
from flex_pipeline.forecasting.scores import mae
from flex_pipeline.portfolio.sensor import Kind, Sensor

FIRST = datetime(2024, 12, 5, 12, tzinfo=UTC)
DAYS = 28


@pytest.mark.parametrize(("kind", "column", "better_by"), [("load", "load_w", 0.15), ("pv", "pv_w", 0.10)])
def test_day_ahead_forecasts_of_a_household_are_better_than_the_naive(
    shared: Path, kind: Kind, column: str, better_by: float
) -> None:
    frame = pl.read_csv(shared / "data" / "household_fr_emhass_30min.csv").select(
        event_start=pl.col("timestamp_utc").str.to_datetime(time_unit="us", time_zone="UTC"),
        value=(pl.col(column).fill_null(0.0) if kind == "pv" else pl.col(column)) / 1000,
    )
    place = {"latitude": 48.83, "longitude": 6.86, "timezone": "Europe/Paris", "resolution": "PT30M"}
    sensor = Sensor(name="home", kind=kind, unit="kW", source={}, **place)
    errors = []
    for origin in (FIRST + timedelta(days=day) for day in range(DAYS)):
        history = frame.filter(
            pl.col("event_start").is_between(origin - timedelta(days=60), origin, closed="left")
        )
        if (origin - FIRST).days % 7 == 0:
            model = train(history, sensor, cutoff=origin)
        starts = [origin + timedelta(hours=11) + i * timedelta(minutes=30) for i in range(48)]
        forecast = model.predict(history, origin=origin, starts=starts).filter(pl.col("quantile") == 0.5)
        week_ago = frame.with_columns(pl.col("event_start") + timedelta(days=7)).rename({"value": "naive"})
        errors.append(
            forecast.rename({"value": "forecast"})
            .join(frame, on="event_start")
            .join(week_ago, on="event_start")
        )
    compared = pl.concat(errors).drop_nulls()
    values = compared["value"].to_numpy()
    ours, naive = (mae(compared[name].to_numpy(), values) for name in ("forecast", "naive"))
    assert compared.height > 1000
    assert ours < (1 - better_by) * naive
