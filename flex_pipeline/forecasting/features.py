"""Features: what a model may know of a step when it forecasts it."""

from __future__ import annotations

import numpy as np

from flex_pipeline.forecasting.history import Floats, History, Rows
from flex_pipeline.forecasting.naive import SAME_HOUR_DAYS, quantiles_of_sorted
from flex_pipeline.forecasting.solar import Sky

DAYS_PER_YEAR = 365.2425
THURSDAY = 3  # 1970-01-01, the day that steps are counted from
SATURDAY = 5


def features(history: History, rows: Rows, sky: Sky | None) -> Floats:
    """One row per step to forecast, one column per feature; NaN where history has a gap.

    Nothing from the bound of a row on enters it.
    """
    columns = [*_calendar(history, rows), *_same_hour(history, rows), *_recent(history, rows)]
    if sky is not None:
        columns += [sky.elevation_deg, sky.irradiance_w_m2]
    return np.column_stack(columns)


def _calendar(history: History, rows: Rows) -> list[Floats]:
    """Lead [h], hour, weekday, weekend, and the turn of the year."""
    clock = history.clock
    day = rows.step // clock.per_day
    weekday = (day + THURSDAY) % 7
    year = 2 * np.pi * day / DAYS_PER_YEAR
    lead_h = (rows.step - rows.bound) / clock.per_hour
    hour = rows.step % clock.per_day / clock.per_hour
    return [lead_h, hour, weekday, weekday >= SATURDAY, np.sin(year), np.cos(year)]


def _same_hour(history: History, rows: Rows) -> list[Floats]:
    """The same hour: the latest two, a week and two weeks ago, mean and deviation of 7, median of 28."""
    values = history.same_hour(rows, SAME_HOUR_DAYS)
    week = values[:, :7]
    n = np.maximum(np.isfinite(week).sum(axis=1), 1)
    mean = np.nansum(week, axis=1) / n
    deviation = np.sqrt(np.nansum((week - mean[:, None]) ** 2, axis=1) / n)
    median = quantiles_of_sorted(np.sort(values, axis=1))[:, 1]
    weeks = [history.weeks_ago(rows), history.weeks_ago(rows, 2)]
    return [values[:, 0], values[:, 1], *weeks, mean, deviation, median]


def _recent(history: History, rows: Rows) -> list[Floats]:
    """The last value, and the means of the last 3, 24 and 168 hours."""
    return [history.latest(rows), *(history.mean(rows, hours) for hours in (3, 24, 168))]
