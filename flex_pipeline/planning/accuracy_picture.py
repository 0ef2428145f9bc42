"""Accuracy for drawing: what was measured of forecasts, by week, lead and hour."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from flex_pipeline.forecasting.accuracy import reliability, summed_up
from flex_pipeline.forecasting.scores import QUANTILES
from flex_pipeline.planning.backtesting import Backtested
from flex_pipeline.plots.accuracy import Accuracy
from flex_pipeline.plots.style import Array

LEAD_HOURS = 12  # of a row of the map
HOURS = 24


def backtest_picture(done: Backtested) -> Accuracy:
    """One sensor over the days of a backtest."""
    shares = dict(zip(QUANTILES, reliability(done.steps), strict=True))
    first, last = done.days
    title = f"{done.sensor.name} · backtest {first} to {last}"
    rows = done.rows.with_columns(of=pl.lit(done.sensor.name))
    return _picture(title, rows, "mae", f"Mean error ({done.sensor.unit})", shares)


def live_picture(title: str, rows: pl.DataFrame, kinds: Mapping[str, str]) -> Accuracy:
    """Many sensors, by kind; their units differ, so the map shows the error against that of a week ago."""
    of = pl.col("sensor").replace_strict(kinds, return_dtype=pl.String)
    return _picture(title, rows.with_columns(of=of), "rmae", "Error against a week ago")


def _picture(
    title: str, rows: pl.DataFrame, shown: str, name: str, shares: Mapping[float, float] | None = None
) -> Accuracy:
    """`rows` of accuracy with `of`: what a line is of."""
    by_week = summed_up(rows, ["of", pl.col("date").dt.truncate("1w").alias("week")])
    weeks = by_week["week"].unique().sort()
    lead = (pl.col("lead_hours") // LEAD_HOURS * LEAD_HOURS).alias("lead")
    by_place = summed_up(rows, [lead, "hour"])
    leads = by_place["lead"].unique().sort().to_list()
    error = np.full((len(leads), HOURS), np.nan)
    for row in by_place.iter_rows(named=True):
        error[leads.index(row["lead"]), row["hour"]] = np.nan if row[shown] is None else row[shown]

    def lines(column: str) -> dict[str, Array]:
        parts = by_week.partition_by("of", as_dict=True, maintain_order=True)
        return {str(of): _over(weeks, part, column) for (of,), part in parts.items()}

    return Accuracy(
        title=title,
        weeks=weeks.cast(pl.Datetime("us")).to_numpy(),
        skill=lines("rmae"),
        coverage=lines("coverage"),
        leads=[f"{start}-{start + LEAD_HOURS} h" for start in leads],
        error=error,
        error_name=name,
        reliability=shares,
    )


def _over(weeks: pl.Series, part: pl.DataFrame, column: str) -> Array:
    """A column at each of some weeks, NaN where it has none."""
    joined = weeks.to_frame().join(part, on="week", how="left", maintain_order="left")
    return joined[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()
