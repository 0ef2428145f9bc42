"""A backtest reads the warehouse as it was: what came later changes no forecast of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from flex_pipeline.planning.backtesting import Backtester, BacktestError
from flex_pipeline.planning.forecasts import ForecastDesk
from flex_pipeline.portfolio.portfolio import Portfolio
from tests.planning.homes import DAY, HOUR, MIDNIGHT, rows
from tests.planning.metered import believe, metered_home

WEEKS = 5  # forecast is the median of the same hour: no week repeats the one before
LAST = DAY + timedelta(days=1)  # the days that are forecast: of two planning times
NOW = datetime(2025, 6, 20, tzinfo=UTC)
UNKNOWN = (
    13  # the hour of the first day from which on nothing is known at its 13:15: that from 12:00 was just told
)
FORECAST = ["origin", "event_start", "model", "low", "middle", "high"]


@pytest.fixture
def portfolio(tmp_path: Path, warehouse: Engine) -> Portfolio:
    return metered_home(tmp_path, warehouse)


def load(hours: range) -> list[float]:
    return [0.4 + 0.1 * (hour % 24) + 0.01 * (hour // 24 * 7 % 11) for hour in hours]


def forget(warehouse: Engine) -> None:
    with warehouse.begin() as session:
        session.exec_driver_sql("truncate flex.belief, flex.forecast_accuracy")


def backtested(warehouse: Engine, portfolio: Portfolio, after: list[float] | None = None) -> pl.DataFrame:
    """What is forecast for two days; `after`: what is measured from the second planning time on, not as usual."""
    forget(warehouse)
    everything = range(-24 * 7 * WEEKS, 48)
    values = load(everything)
    if after is not None:
        values[-len(after) :] = after
    believe(warehouse, "a.load", everything, values)
    return Backtester(warehouse, portfolio).backtest("a.load", DAY, LAST, NOW).steps


def test_the_accuracy_of_a_day_is_that_of_all_plans_that_reach_it(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    steps = backtested(warehouse, portfolio)

    origins = steps.group_by("origin").len().sort("origin").rows()
    assert origins == [(portfolio.settings.planned_at(day), 24) for day in (DAY, LAST)]
    stored = rows(
        warehouse, "select evaluation, count(*)::int, sum(n)::int from flex.forecast_accuracy group by 1"
    )
    assert stored == [("backtest", 48, 48)]


def test_a_backtest_forecasts_what_the_pipeline_does(warehouse: Engine, portfolio: Portfolio) -> None:
    steps = backtested(warehouse, portfolio)
    desk = ForecastDesk(warehouse, portfolio)
    for day in (DAY, LAST):
        desk.forecast(day, portfolio.settings.planned_at(day))

    live = rows(
        warehouse,
        "select b.event_start, b.value from flex.belief as b join flex.source as o using (source_id)"
        " where o.type = 'forecaster' and b.quantile = 0.5 order by 1",
    )
    assert live == steps.sort("event_start").select("event_start", "middle").rows()


kw = st.floats(-50, 500, allow_nan=False).map(lambda value: round(value, 3))
surprises = st.lists(kw, min_size=48 - UNKNOWN, max_size=48 - UNKNOWN)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(surprises, st.lists(st.tuples(st.integers(-24 * 7 * WEEKS, 47), st.floats(0, 900)), max_size=8))
@example([1000.0] * (48 - UNKNOWN), [])
@example(
    load(range(UNKNOWN, 48))[::-1], [(hour, 77.0) for hour in range(-400, 0, 13)]
)  # the future, shuffled
def test_neither_the_future_nor_a_later_correction_changes_a_forecast(
    warehouse: Engine, portfolio: Portfolio, future: list[float], corrections: list[tuple[int, float]]
) -> None:
    expected = backtested(warehouse, portfolio).select(FORECAST)

    backtested(warehouse, portfolio, future)
    late = portfolio.settings.planned_at(LAST) + HOUR / 4  # after both origins
    for hour, value in corrections:
        known = max(late, MIDNIGHT + (hour + 1) * HOUR)
        believe(warehouse, "a.load", range(hour, hour + 1), [value], [known])
    again = Backtester(warehouse, portfolio).backtest("a.load", DAY, LAST, NOW).steps

    assert again.select(FORECAST).equals(expected)


def test_what_was_known_at_the_origin_does_change_it(warehouse: Engine, portfolio: Portfolio) -> None:
    expected = backtested(warehouse, portfolio).select(FORECAST)
    values = [1000.0, *load(range(UNKNOWN, 48))]  # one hour earlier

    again = backtested(warehouse, portfolio, values).select(FORECAST)

    first, second = portfolio.settings.planned_at(DAY), portfolio.settings.planned_at(LAST)
    at_first, at_second = pl.col("origin") == first, pl.col("origin") == second
    assert again.filter(at_first).equals(expected.filter(at_first))
    assert not again.filter(at_second).equals(expected.filter(at_second))


def test_a_second_backtest_takes_the_place_of_the_first_on_its_days_alone(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    backtested(warehouse, portfolio)
    stored = "select date, lead_hours, hour, mae from flex.forecast_accuracy order by 1, 2, 3"
    before = rows(warehouse, stored)

    Backtester(warehouse, portfolio).backtest("a.load", LAST, LAST, NOW)

    assert rows(warehouse, stored) == before


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a.laod", 'sensor "a.laod" is not in the portfolio; did you mean a.load?'),
        ("zzz", 'sensor "zzz" is not in the portfolio; those there are: a.load, price'),
        ("a.load", "a.load: there is no history to forecast 2025-06-10 to 2025-06-11 from"),
    ],
)
def test_what_cannot_be_backtested_is_said(
    warehouse: Engine, portfolio: Portfolio, name: str, why: str
) -> None:
    with pytest.raises(BacktestError) as refused:
        Backtester(warehouse, portfolio).backtest(name, DAY, LAST, NOW)

    assert why in str(refused.value)


def test_days_that_are_not_over_cannot_be_compared(warehouse: Engine, portfolio: Portfolio) -> None:
    believe(warehouse, "a.load", range(-24 * 7 * WEEKS, 0), load(range(-24 * 7 * WEEKS, 0)))

    with pytest.raises(BacktestError, match="nothing was measured from 2025-06-10 to 2025-06-11"):
        Backtester(warehouse, portfolio).backtest("a.load", DAY, LAST, NOW)
