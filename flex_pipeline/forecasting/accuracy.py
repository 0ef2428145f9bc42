"""Accuracy: how far forecasts were from what was measured, by lead, hour of the day and model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import polars as pl

from flex_pipeline.forecasting.scores import QUANTILES, score

WEEK = timedelta(days=7)
LEAD_HOURS = 6  # of a bucket; the planning time and the end of the look-ahead lie 60 hours apart
OF = ("sensor", "date", "model", "ladder_step", "lead_hours", "hour")
LEVELS = ("low", "middle", "high")
WEIGHTED = ("mae", "bias", "pinball", "coverage", "mae_naive")


def compared(forecasts: pl.DataFrame, measured: pl.DataFrame, a_week_ago: pl.DataFrame) -> pl.DataFrame:
    """Forecasts beside what was measured of their steps, and what had been a week before (naive).

    `forecasts`: sensor, origin, model, ladder_step, event_start, quantile, value. The others: sensor, event_start,
    value; `a_week_ago` has the steps of a week before. Result: a row for each step, with low, middle, high, measured
    and naive in the unit of the sensor; only steps of which all is there.
    """
    names = dict(zip(QUANTILES, LEVELS, strict=True))
    step = ["sensor", "origin", "model", "ladder_step", "event_start"]
    level = pl.col("quantile").round(4).replace_strict(names, default=None, return_dtype=pl.String)
    wide = (
        forecasts.with_columns(level=level)
        .filter(pl.col("level").is_not_null())
        .group_by(step, maintain_order=True)
        .agg(pl.col("value").filter(pl.col("level") == name).first().alias(name) for name in LEVELS)
    )
    naive = a_week_ago.select("sensor", pl.col("event_start") + WEEK, naive="value")
    of_step = ["sensor", "event_start"]
    return (
        wide.join(measured.rename({"value": "measured"}), on=of_step, maintain_order="left")
        .join(naive, on=of_step, maintain_order="left")
        .fill_nan(None)
        .drop_nulls([*LEVELS, "measured", "naive"])
    )


def accuracy(steps: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Of compared steps: by sensor, local day, model, lead and local hour, how many (n) and how far off.

    Columns of `OF`, n, mae, bias, pinball, coverage, mae_naive. Means over rows are weighted by n.
    """
    local = pl.col("event_start").dt.convert_time_zone(timezone)
    lead = (pl.col("event_start") - pl.col("origin")).dt.total_seconds() // (3600 * LEAD_HOURS) * LEAD_HOURS
    placed = steps.with_columns(date=local.dt.date(), hour=local.dt.hour().cast(pl.Int64), lead_hours=lead)
    groups = placed.partition_by(*OF, as_dict=True, maintain_order=True)
    rows = [dict(zip(OF, key, strict=True)) | _scores(of_key) for key, of_key in groups.items()]
    types = {"date": pl.Date, "lead_hours": pl.Int64, "hour": pl.Int64, "n": pl.Int64}
    names = (*OF, "n", *WEIGHTED)
    text = {"sensor", "model", "ladder_step"}
    schema = {name: types.get(name, pl.String if name in text else pl.Float64) for name in names}
    return pl.DataFrame(rows, schema=schema).sort(OF)


def summed_up(rows: pl.DataFrame, by: Sequence[str | pl.Expr]) -> pl.DataFrame:
    """Rows of accuracy, in coarser groups, with `rmae`: mae against that of a week ago, below 1 where it is better."""
    weight = pl.col("n")
    means = [((pl.col(name) * weight).sum() / weight.sum()).alias(name) for name in WEIGHTED]
    found = rows.group_by(by).agg(weight.sum(), *means)
    named = found.columns[: len(by)]
    beaten = pl.when(pl.col("mae_naive") > 0).then(pl.col("mae") / pl.col("mae_naive"))
    return found.with_columns(rmae=beaten).sort(named)


def _scores(steps: pl.DataFrame) -> dict[str, float]:
    quantiles = steps.select(LEVELS).to_numpy()
    measured, naive = steps["measured"].to_numpy(), steps["naive"].to_numpy()
    found = score(quantiles, naive, measured)
    return {
        "n": steps.height,
        "mae": found.mae,
        "bias": float(np.mean(quantiles[:, 1] - measured)),
        "pinball": found.pinball,
        "coverage": found.coverage,
        "mae_naive": found.mae_naive,
    }


def reliability(steps: pl.DataFrame) -> tuple[float, ...]:
    """Share of compared steps measured at or below each quantile: the quantile itself, if it is calibrated.

    Steps without doubt, such as PV in the dark, say nothing; NaN where there are no others.
    """
    doubtful = steps.filter(pl.col("low") < pl.col("high"))
    below = doubtful.select(LEVELS).to_numpy() >= doubtful.select("measured").to_numpy()
    shares = below.mean(axis=0) if doubtful.height else np.full(len(LEVELS), np.nan)
    return tuple(shares.tolist())
