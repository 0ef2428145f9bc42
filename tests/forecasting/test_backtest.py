"""Backtests, and the proof that no forecast in them saw what its origin did not know."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from flex_pipeline.forecasting.backtest import backtest
from flex_pipeline.portfolio.sensor import Sensor

MakeSensor = Callable[..., Sensor]
MakeSeries = Callable[..., pl.DataFrame]

FIRST = datetime(2026, 3, 27, 11, tzinfo=UTC)  # 12:00 in Paris, two days before its spring day of 23 hours


def weekly(local: datetime) -> float:
    evening = 18 <= local.hour < 21
    return (3.0 if evening else 1.0) * (0.5 if local.weekday() >= 5 else 1.0)


@pytest.mark.parametrize(
    ("kind", "known", "minutes"),
    [
        ("load", {}, 60),
        ("load", {}, 15),
        ("pv", {"delay": "PT3H"}, 60),
        ("price", {"day-ahead": "13:00"}, 60),
    ],
)
def test_changing_every_value_after_an_origin_leaves_its_forecast_unchanged(
    sensor: MakeSensor, series: MakeSeries, kind: str, known: dict[str, str], minutes: int
) -> None:
    tested = sensor(kind, known=known, resolution=f"PT{minutes}M")
    history = series(weekly, FIRST + timedelta(days=8), 90, minutes, noise=0.2)
    done = backtest(history, tested, first=FIRST, days=2, retrain_days=1)
    for origin in done.forecasts["origin"].unique():
        later = [not tested.knows(start, origin) for start in history["event_start"]]
        shuffled = history.with_columns(
            value=pl.when(pl.Series(later)).then(pl.col("value") * -7 + 99).otherwise("value")
        )
        again = backtest(shuffled, tested, first=FIRST, days=2, retrain_days=1)
        columns = ["event_start", "low", "middle", "high"]
        before, after = (
            b.forecasts.filter(pl.col("origin") == origin).select(columns) for b in (done, again)
        )
        assert before.equals(after)


def test_each_day_is_forecast_at_the_same_local_time_through_the_change_of_the_clock(
    sensor: MakeSensor, series: MakeSeries
) -> None:
    history = series(weekly, FIRST + timedelta(days=8), 60)
    origins = backtest(history, sensor(), first=FIRST, days=4).forecasts["origin"].unique().sort()
    assert [o.astimezone(ZoneInfo("Europe/Paris")).hour for o in origins] == [12] * 4
    assert [o.hour for o in origins] == [11, 11, 10, 10]


def test_scores_are_those_of_what_was_measured(sensor: MakeSensor, series: MakeSeries) -> None:
    history = series(weekly, FIRST + timedelta(days=4), 60, noise=0.1)
    done = backtest(history, sensor(), first=FIRST, days=3, horizon=timedelta(hours=24))
    assert done.forecasts.height == 3 * 24
    error = np.abs(done.forecasts["middle"].to_numpy() - done.forecasts["measured"].to_numpy())
    assert done.scores.mae == pytest.approx(error.mean())
    assert done.scores.mae < done.scores.mae_naive


def test_steps_that_were_never_measured_are_not_scored(sensor: MakeSensor, series: MakeSeries) -> None:
    history = series(weekly, FIRST + timedelta(hours=6), 60)
    done = backtest(history, sensor(), first=FIRST, days=1)
    assert done.forecasts.height == 6


def test_a_model_is_trained_as_often_as_asked(sensor: MakeSensor, series: MakeSeries) -> None:
    history = series(weekly, FIRST + timedelta(days=8), 30)
    assert len(backtest(history, sensor(), first=FIRST, days=5, retrain_days=2).models) == 3
