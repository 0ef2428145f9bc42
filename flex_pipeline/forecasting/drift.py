"""Drift: a model that errs more than it did when it was trained."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from flex_pipeline.forecasting.bounds import bounded
from flex_pipeline.forecasting.known import known_before
from flex_pipeline.forecasting.model import Model, read_past
from flex_pipeline.forecasting.origins import past_outcomes
from flex_pipeline.forecasting.scores import mae
from flex_pipeline.forecasting.solar import sky_over

DAYS = 14
TOLERATED = 1.25  # times the error at training: two weeks of other weather stay below it


def recent_error(
    model: Model, history: pl.DataFrame, *, origin: datetime, published: pl.DataFrame | None = None
) -> float:
    """Mean absolute error of the median over the daily origins of the last 14 days; NaN without any.

    In the unit of the sensor, over the leads that its training was scored on. Reads what is known at `origin`.
    """
    past = read_past(history, model.sensor, known_before(model.sensor, origin), origin, published)
    bound = past.clock.bound(known_before(model.sensor, origin))
    outcomes = past_outcomes(past, model.sensor, origin).origins_from(bound - DAYS * past.clock.per_day)
    if not len(outcomes.values):
        return float("nan")
    said = model.predictor.quantiles(past, outcomes.rows)
    sky = sky_over(model.sensor, outcomes.rows.starts)
    return mae(bounded(said, model.sensor, sky, model.ceiling)[:, 1], outcomes.values)


def has_drifted(recent: float, at_training: float) -> bool:
    """Whether an error is so much more than that at training; never where either is unknown."""
    return recent > TOLERATED * at_training
