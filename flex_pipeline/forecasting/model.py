"""A model: how the future of one sensor is forecast, why so, and how well that went on held-out days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

import numpy as np
import polars as pl

from flex_pipeline.forecasting.bounds import bounded
from flex_pipeline.forecasting.distribution import at_quantiles
from flex_pipeline.forecasting.error import ForecastError
from flex_pipeline.forecasting.history import Floats, History, Rows
from flex_pipeline.forecasting.known import known_before
from flex_pipeline.forecasting.naive import Predictor
from flex_pipeline.forecasting.scores import QUANTILES, Scores
from flex_pipeline.forecasting.solar import Ceiling, sky_over
from flex_pipeline.forecasting.wall_clock import Instants, WallClock
from flex_pipeline.portfolio.sensor import Sensor

USABLE = timedelta(days=800)  # two years of origins and their lags
USABLE_PRICES = timedelta(days=4 * 366)  # three years for LEAR, one before them to correct it by


class LadderStep(IntEnum):
    """How much history a forecast rests on."""

    LAST_VALUE = 0
    DAY_AGO = 1
    WEEK_AGO = 2
    SAME_HOUR = 3
    GRADIENT_BOOSTING = 4
    AUCTION_PRICES = 5

    @property
    def label(self) -> str:
        """As people read it."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class Model:
    """Made by `train`; can be pickled."""

    sensor: Sensor
    predictor: Predictor
    ladder_step: LadderStep
    reason: str  # one sentence for users: why this step of the ladder
    scores: Scores
    ceiling: Ceiling | None

    @property
    def name(self) -> str:
        """What users know the forecast by, for example "gradient boosting + 40 % same-hour"."""
        return self.predictor.name

    def predict(
        self,
        history: pl.DataFrame,
        *,
        origin: datetime,
        starts: Sequence[datetime] | Instants,
        published: pl.DataFrame | None = None,
        quantiles: Sequence[float] = QUANTILES,
    ) -> pl.DataFrame:
        """Quantiles of the steps that start at `starts` (UTC), from what is known at `origin`.

        `history`: event_start (UTC), value; what is not known at `origin` yet is not looked at; further columns,
        or `published`, as in training, also for the steps to forecast. Result:
        event_start, quantile (those asked for), value in the unit of the sensor, in order of the quantiles;
        null only for soc-minima, where nothing is asked. ForecastError when nothing is known at all.
        """
        clock = WallClock(self.sensor.timezone, self.sensor.resolution)
        before = known_before(self.sensor, origin)
        past = read_past(history, self.sensor, before, origin, published)
        ahead = Rows.ahead(clock, _instants(starts), clock.bound(before))
        sky = sky_over(self.sensor, ahead.starts)
        said = bounded(self.predictor.quantiles(past, ahead), self.sensor, sky, self.ceiling)
        if tuple(quantiles) != QUANTILES:
            said = bounded(at_quantiles(said, quantiles), self.sensor, sky, self.ceiling)
        return _long(ahead.starts, quantiles, said)


def usable(sensor: Sensor) -> timedelta:
    """How long a history a model of a sensor can learn from."""
    return USABLE_PRICES if sensor.kind == "price" else USABLE


def read_past(
    history: pl.DataFrame,
    sensor: Sensor,
    before: datetime,
    instant: datetime,
    published: pl.DataFrame | None = None,
) -> History:
    """What a sensor measured in the steps that start before a time; ForecastError when that is nothing."""
    clock = WallClock(sensor.timezone, sensor.resolution)
    before = before.astimezone(UTC)
    past = History.read(history, clock, before - usable(sensor), before, published)
    asks_for_nothing = sensor.kind == "soc-minima" and len(past.values) > 0
    if past.days == 0 and not asks_for_nothing:
        raise ForecastError(
            f"{sensor.name}: no value of the last {usable(sensor).days} days is known at {instant.isoformat()}; "
            f"a first forecast needs one value, a daily pattern two days"
        )
    return past


def _instants(starts: Sequence[datetime] | Instants) -> Instants:
    if isinstance(starts, np.ndarray):
        return starts.astype("datetime64[us]")
    return np.array([start.astimezone(UTC).replace(tzinfo=None) for start in starts], "datetime64[us]")


def _long(starts: Instants, quantiles: Sequence[float], values: Floats) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "event_start": np.repeat(starts, len(quantiles)),
            "quantile": np.tile(quantiles, len(starts)),
            "value": values.ravel(),
        }
    ).with_columns(pl.col("event_start").dt.replace_time_zone("UTC"), pl.col("value").fill_nan(None))
