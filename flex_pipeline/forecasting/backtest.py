"""Backtest: what would have been forecast on each of many past days, and what came out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import polars as pl

from flex_pipeline.forecasting.ladder import train
from flex_pipeline.forecasting.model import Model
from flex_pipeline.forecasting.scores import Scores, score
from flex_pipeline.forecasting.solar import sky_over
from flex_pipeline.portfolio.sensor import Sensor

DAY = timedelta(days=1)


class Trainer(Protocol):
    """Makes a model from what is known at a cutoff, as `train` does."""

    def __call__(
        self, history: pl.DataFrame, sensor: Sensor, *, cutoff: datetime, horizon: timedelta
    ) -> Model:
        """A model that forecasts as far ahead as `horizon`."""
        ...


@dataclass(frozen=True)
class Backtest:
    """`forecasts`: origin, event_start, low, middle, high, measured, naive, in the unit of the sensor.

    `scores` over all of them, `models`: the name of the model of each training, `cpu_s`: of all trainings.
    """

    forecasts: pl.DataFrame
    scores: Scores
    models: tuple[str, ...]
    cpu_s: float


def backtest(
    history: pl.DataFrame,
    sensor: Sensor,
    *,
    first: datetime,
    days: int,
    horizon: timedelta = 2 * DAY,
    retrain_days: int = 7,
    trained: Trainer = train,
) -> Backtest:
    """One forecast a day from `first` on, at its local time of day, of the steps within `horizon`.

    `history`: event_start (UTC), value, with what came after each origin too; a forecast only reads what its
    origin knows. Steps without a measured value are not scored. ForecastError where nothing is known.
    """
    parts, models, cpu_s = [], [], 0.0
    for i, origin in enumerate(_origins(first, days, ZoneInfo(sensor.timezone))):
        if i % retrain_days == 0:
            began = time.process_time()
            models.append(trained(history, sensor, cutoff=origin, horizon=horizon))
            cpu_s += time.process_time() - began
        parts.append(_forecast(models[-1], history, origin, horizon))
    forecasts = _measured(pl.concat(parts), history)
    quantiles, naive = forecasts.select("low", "middle", "high").to_numpy(), forecasts["naive"].to_numpy()
    sky = sky_over(sensor, forecasts["event_start"].dt.replace_time_zone(None).to_numpy())
    dark = None if sky is None else sky.dark
    scores = score(quantiles, naive, forecasts["measured"].to_numpy(), dark)
    return Backtest(forecasts, scores, tuple(model.name for model in models), cpu_s)


def _origins(first: datetime, days: int, timezone: ZoneInfo) -> Iterator[datetime]:
    """The same time of the local clock on consecutive days, whatever the clock does between them."""
    local = first.astimezone(timezone)
    return ((local + i * DAY).astimezone(UTC) for i in range(days))


def _forecast(model: Model, history: pl.DataFrame, origin: datetime, horizon: timedelta) -> pl.DataFrame:
    step = model.sensor.resolution
    starts = pl.datetime_range(origin, origin + horizon, step, closed="left", eager=True, time_unit="us")
    quantiles = model.predict(history, origin=origin, starts=list(starts))
    wide = quantiles.with_columns(pl.col("value").fill_null(float("nan")))["value"].to_numpy().reshape(-1, 3)
    return pl.DataFrame(
        {"origin": origin, "event_start": starts, "low": wide[:, 0], "middle": wide[:, 1], "high": wide[:, 2]}
    )


def _measured(forecasts: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """With what was measured, and what had been measured a week before."""
    values = history.select("event_start", measured=pl.col("value").fill_nan(None)).drop_nulls()
    a_week_later = values.select(pl.col("event_start") + 7 * DAY, naive="measured")
    return forecasts.join(values, on="event_start", maintain_order="left").join(
        a_week_later, on="event_start", how="left", maintain_order="left"
    )
