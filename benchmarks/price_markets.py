"""The markets of Lago et al. 2021, read from a folder with `epf_DE.csv` and the like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from flex_pipeline.forecasting.conformal import outer_levels
from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.prices.gaps import filled
from flex_pipeline.forecasting.prices.market import HOURS, Market
from flex_pipeline.forecasting.prices.rolling import RETRAIN_DAYS

TEST_DAYS = 728  # the last two years of each file: the published test period


def read_market(path: Path) -> Market:
    """A file of a local time, the price and what was published, whatever they are called, 24 rows a day.

    An empty cell takes the value of the day before. ValueError where a day has not 24 rows.
    """
    frame = pl.read_csv(path, try_parse_dates=True)
    time, *columns = frame.columns
    days, over = divmod(frame.height, HOURS)
    if over or frame.group_by(pl.col(time).dt.date()).len()["len"].n_unique() != 1:
        raise ValueError(f"{path.name}: each day must have {HOURS} rows; the file has {frame.height}")
    cells = frame.select(pl.col(columns).cast(pl.Float64)).to_numpy().reshape(days, HOURS, -1)
    series = np.stack([filled(cells[:, :, i]) for i in range(len(columns))], axis=2)
    weekday = frame[time].dt.weekday().to_numpy()[::HOURS].astype("int64") - 1
    return Market(series[:, :, 0], series[:, :, 1:], weekday)


def before_test(market: Market) -> Market:
    """The years that settings may be chosen on."""
    years = slice(None, -TEST_DAYS)
    return Market(market.prices[years], market.published[years], market.weekday[years])


def with_spread(
    forecast: Floats, actual: Floats, days: int, levels: tuple[float, float] | None = None
) -> Floats:
    """Around forecasts (days, 24) the quantiles of the errors of so many days, anew every 28 days: (hours, 3).

    `levels`: of the errors, where they are not those of `outer_levels`.
    """
    errors, parts = actual - forecast, []
    for begin in range(days, len(forecast), RETRAIN_DAYS):
        low, high = np.quantile(errors[begin - days : begin], levels or outer_levels(days))
        point = forecast[begin : begin + RETRAIN_DAYS].ravel()
        parts.append(np.column_stack([point + low, point, point + high]))
    return np.concatenate(parts)
