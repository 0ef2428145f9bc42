"""How far forecasts were from what was measured, and where."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from flex_pipeline.forecasting.accuracy import WEEK, accuracy, compared, reliability, summed_up

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def forecasts(*steps: tuple[int, float, float, float], model: str = "ridge") -> pl.DataFrame:
    """Hours after noon, with their three quantiles."""
    return pl.DataFrame(
        [
            ("load", NOON, model, "gradient boosting", NOON + hour * HOUR, quantile, value)
            for hour, *values in steps
            for quantile, value in zip((0.1, 0.5, 0.9), values, strict=True)
        ],
        schema=["sensor", "origin", "model", "ladder_step", "event_start", "quantile", "value"],
        orient="row",
    )


def measured(*steps: tuple[int, float], before: timedelta = timedelta(0)) -> pl.DataFrame:
    return pl.DataFrame(
        [("load", NOON + hour * HOUR - before, value) for hour, value in steps],
        schema={"sensor": pl.String, "event_start": pl.Datetime("us", "UTC"), "value": pl.Float64},
        orient="row",
    )


def test_each_score_is_what_it_is_by_hand() -> None:
    steps = compared(
        forecasts((1, 1.0, 2.0, 3.0), (2, 1.0, 2.0, 3.0)),
        measured((1, 2.5), (2, 4.0)),
        measured((1, 2.0), (2, 7.0), before=WEEK),
    )

    row = summed_up(accuracy(steps, "UTC"), ["model"]).row(0, named=True)

    assert row["n"] == 2
    assert row["mae"] == pytest.approx((0.5 + 2.0) / 2)
    assert row["bias"] == pytest.approx((-0.5 - 2.0) / 2)
    # of 2.5: 0.1·1.5, 0.5·0.5, 0.1·0.5 (below the 0.9 quantile); of 4: 0.1·3, 0.5·2, 0.9·1
    assert row["pinball"] == pytest.approx((0.15 + 0.25 + 0.05 + 0.3 + 1.0 + 0.9) / 6)
    assert row["coverage"] == pytest.approx(0.5)
    assert row["mae_naive"] == pytest.approx((0.5 + 3.0) / 2)
    assert row["rmae"] == pytest.approx(2.5 / 3.5)


def test_a_row_says_which_local_day_and_hour_how_far_ahead_and_by_which_model() -> None:
    # 11 hours after noon UTC it is 00:00 of the next day in Amsterdam
    steps = compared(
        forecasts((5, 0.0, 0.0, 0.0), (6, 0.0, 0.0, 0.0), (11, 0.0, 0.0, 0.0)),
        measured((5, 0.0), (6, 0.0), (11, 0.0)),
        measured((5, 0.0), (6, 0.0), (11, 0.0), before=WEEK),
    )

    rows = accuracy(steps, "Europe/Amsterdam").select("date", "lead_hours", "hour", "model", "n").rows()

    assert rows == [
        (date(2026, 1, 14), 0, 18, "ridge", 1),
        (date(2026, 1, 14), 6, 19, "ridge", 1),
        (date(2026, 1, 15), 6, 0, "ridge", 1),
    ]


def test_a_step_that_was_not_measured_or_not_a_week_before_does_not_count() -> None:
    steps = compared(
        forecasts((1, 0.0, 0.0, 0.0), (2, 0.0, 0.0, 0.0), (3, 0.0, 0.0, 0.0)),
        measured((1, 1.0), (3, 1.0)),
        measured((1, 1.0), (2, 1.0), before=WEEK),
    )

    assert steps["event_start"].to_list() == [NOON + HOUR]


def test_means_over_rows_are_weighted_by_their_steps() -> None:
    rows = pl.DataFrame(
        {
            "model": "ridge",
            "n": [3, 1],
            "mae": [1.0, 5.0],
            "bias": 0.0,
            "pinball": 0.0,
            "coverage": 1.0,
            "mae_naive": 0.0,
        }
    )

    row = summed_up(rows, ["model"]).row(0, named=True)

    assert row["mae"] == pytest.approx(2.0)
    assert row["rmae"] is None  # a week ago was without error


def test_reliability_leaves_out_what_was_certain() -> None:
    certain = [(hour, 0.0, 0.0, 0.0) for hour in range(1, 5)]
    steps = compared(
        forecasts((0, 1.0, 2.0, 3.0), (5, 1.0, 2.0, 3.0), *certain),
        measured((0, 1.5), (5, 2.5), *((hour, 0.0) for hour in range(1, 5))),
        measured(*((hour, 0.0) for hour in range(6)), before=WEEK),
    )

    assert reliability(steps) == (0.0, 0.5, 1.0)
    assert all(math.isnan(share) for share in reliability(steps.filter(pl.col("low") == pl.col("high"))))


def test_nothing_gives_no_rows() -> None:
    nothing = compared(forecasts((1, 0.0, 0.0, 0.0)).clear(), measured(), measured())

    assert accuracy(nothing, "UTC").is_empty()
