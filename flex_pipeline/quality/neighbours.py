"""What a value says beside the values before and after it; rows are in order of sensor and time."""

from __future__ import annotations

import math
from datetime import timedelta

import polars as pl

VALUE, START, STEP = pl.col("value"), pl.col("event_start"), pl.col("resolution")
# a panel's zero is the night; of what else is not zero at times, a zero is a value like others
ZERO_IS_NIGHT = ("pv", "irradiance")


def _beside(shift: int) -> pl.Expr:
    """The value some steps before (positive) or after (negative), null where there is none."""
    is_there = (START - START.shift(shift)).abs() == STEP * abs(shift)
    return pl.when(is_there.over("sensor")).then(VALUE.shift(shift).over("sensor"))


def _other(towards: int) -> pl.Expr:
    """The value beside, or the one behind it if it is the same: what stands out may do so for two steps."""
    beside = _beside(towards)
    return pl.when(beside == VALUE).then(_beside(2 * towards)).otherwise(beside)


_BEFORE, _AFTER = _other(1), _other(-1)

# by how much a value, or two that are the same, are above both neighbours or below both; null beside a gap
EXCESS = pl.when(_BEFORE.is_not_null() & _AFTER.is_not_null()).then(
    pl.max_horizontal(
        VALUE - pl.max_horizontal(_BEFORE, _AFTER), pl.min_horizontal(_BEFORE, _AFTER) - VALUE, 0.0
    )
)

_HOURS_SINCE = (START - START.shift(1)).over("sensor") / timedelta(hours=1)
_RISE = (VALUE - VALUE.shift(1)).over("sensor") / _HOURS_SINCE
# change of a state per hour since the last reading; a meter that counts backwards is infinitely wrong
JUMP = (
    pl.when(pl.col("kind") == "soc")
    .then(_RISE.abs())
    .when((pl.col("kind") == "meter-total") & (_RISE < 0))
    .then(math.inf)
    .when(pl.col("kind") == "meter-total")
    .then(_RISE)
)


def with_flat_hours(frame: pl.DataFrame) -> pl.DataFrame:
    """With `flat_hours`, for how long the values around a row are all the same; null in the zeros of a night."""
    counts = ~(pl.col("kind").is_in(ZERO_IS_NIGHT) & (VALUE == 0))
    changed = (VALUE.shift(1).over("sensor") != VALUE).fill_null(True)
    return (
        frame.with_columns(_run=changed.cum_sum())
        .with_columns(
            flat_hours=pl.when(counts & VALUE.is_not_null()).then(
                (START.max() - START.min() + STEP.first()).over("sensor", "_run") / timedelta(hours=1)
            )
        )
        .drop("_run")
    )
