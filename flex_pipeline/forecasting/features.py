"""Features: what a model may know of a step when it forecasts it."""

from __future__ import annotations

import numpy as np

from flex_pipeline.forecasting.history import Floats, History, Rows
from flex_pipeline.forecasting.naive import SAME_HOUR_DAYS, quantiles_of_sorted
from flex_pipeline.forecasting.public_holidays import is_holiday
from flex_pipeline.forecasting.solar import Sky

DAYS_PER_YEAR = 365.2425
THURSDAY = 3  # 1970-01-01, the day that steps are counted from
SATURDAY = 5


def usual(history: History, rows: Rows) -> Floats:
    """The median of the same hour of the last 28 days, which models learn to deviate from (rows,)."""
    median = quantiles_of_sorted(np.sort(history.same_hour(rows, SAME_HOUR_DAYS), axis=1))[:, 1]
    return np.where(np.isnan(median), np.nan_to_num(history.latest(rows)), median)


def features(history: History, rows: Rows, sky: Sky | None) -> Floats:
    """One row per step to forecast, one column per feature; NaN where history has a gap.

    Past values are stated above what is usual for the hour, so that what was learnt in autumn holds in winter.
    Nothing from the bound of a row on enters.
    """
    level = usual(history, rows)
    columns = [*_calendar(history, rows), *_above(level, history, rows), _deviation(history, rows), level]
    if sky is not None:
        columns += [sky.elevation_deg, sky.azimuth_deg, sky.irradiance_w_m2]
    if history.published is not None:
        columns.append(history.published.around(rows.step, rows.lead_days(history.clock)))
    return np.column_stack(columns)


def _calendar(history: History, rows: Rows) -> list[Floats]:
    """Lead [h], hour, weekday, weekend, public holiday, and the turn of the year."""
    clock = history.clock
    day = rows.step // clock.per_day
    weekday = (day + THURSDAY) % 7
    year = 2 * np.pi * day / DAYS_PER_YEAR
    lead_h = (rows.step - rows.bound) / clock.per_hour
    hour = rows.step % clock.per_day / clock.per_hour
    holiday = is_holiday(day, clock.timezone)
    return [lead_h, hour, weekday, weekday >= SATURDAY, holiday, np.sin(year), np.cos(year)]


def _above(level: Floats, history: History, rows: Rows) -> list[Floats]:
    """Same hour: the latest two, one and two weeks ago, mean of 7; the last value, last 3, 24 and 168 hours."""
    week = history.same_hour(rows, 7)
    same_hour = [week[:, 0], week[:, 1], history.weeks_ago(rows), history.weeks_ago(rows, 2), _mean(week)]
    recent = [history.latest(rows), *(history.mean(rows, hours) for hours in (3, 24, 168))]
    return [value - level for value in (*same_hour, *recent)]


def _deviation(history: History, rows: Rows) -> Floats:
    """The standard deviation of the same hour of 7 days."""
    week = history.same_hour(rows, 7)
    return np.sqrt(_mean((week - _mean(week)[:, None]) ** 2))


def _mean(values: Floats) -> Floats:
    """The mean of each row of what was measured, 0 where nothing was."""
    n = np.maximum(np.isfinite(values).sum(axis=1), 1)
    return np.asarray(np.nansum(values, axis=1) / n)
