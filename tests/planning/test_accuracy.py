"""The forecasts that plans were made with, compared with what was measured: each day once, and by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine

from flex_pipeline.planning.accuracy import measure_accuracy
from flex_pipeline.planning.forecasts import ForecastDesk
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.beliefs import replace_repairs
from tests.planning.homes import DAY, HOUR, MIDNIGHT, rows
from tests.planning.metered import UTC_TIME, believe, metered_home

TOMORROW = DAY + timedelta(days=1)
NOW = datetime(2025, 6, 12, tzinfo=UTC)
STORED = "select date, hour, n, mae, bias, mae_naive from flex.forecast_accuracy order by 1, 2"


@pytest.fixture
def portfolio(tmp_path: Path, warehouse: Engine) -> Portfolio:
    """Three weeks of 1 kW, so that 1 kW is forecast of both days; 3 kW were measured on the first, 1 on the second."""
    portfolio = metered_home(tmp_path, warehouse)
    before = range(-24 * 21, 0)
    believe(warehouse, "a.load", before, [1.0] * len(before))
    believe(warehouse, "a.load", range(24), [3.0] * 24)
    believe(warehouse, "a.load", range(24, 48), [1.0] * 24)
    desk = ForecastDesk(warehouse, portfolio)
    for day in (DAY, TOMORROW):
        desk.forecast(day, portfolio.settings.planned_at(day))
    return portfolio


def of_day(warehouse: Engine, day: date) -> list[tuple[Any, ...]]:
    return [row for row in rows(warehouse, STORED) if row[0] == day]


def test_a_forecast_is_compared_with_what_was_measured_of_its_step(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    found = measure_accuracy(warehouse, portfolio, DAY, NOW)

    assert found["n"].sum() == 24
    # 1 kW was forecast and measured a week before, and 3 kW came
    assert of_day(warehouse, DAY) == [(DAY, hour, 1, 2.0, -2.0, 2.0) for hour in range(24)]
    ((lead, step),) = rows(
        warehouse, "select min(lead_hours), min(ladder_step) from flex.current_forecast_accuracy"
    )
    assert lead == 6  # midnight is 10 3/4 hours after the planning time
    assert step == "week ago"


def test_a_day_that_is_measured_again_keeps_its_rows(warehouse: Engine, portfolio: Portfolio) -> None:
    measure_accuracy(warehouse, portfolio, DAY, NOW)
    before = rows(warehouse, STORED)

    measure_accuracy(warehouse, portfolio, DAY, NOW + HOUR)

    assert rows(warehouse, STORED) == before


def test_a_correction_changes_its_day_alone(warehouse: Engine, portfolio: Portfolio) -> None:
    for day in (DAY, TOMORROW):
        measure_accuracy(warehouse, portfolio, day, NOW)
    tomorrow = of_day(warehouse, TOMORROW)
    believe(warehouse, "a.load", range(5, 6), [1.5], [NOW])

    measure_accuracy(warehouse, portfolio, DAY, NOW + HOUR)

    assert of_day(warehouse, DAY)[5] == (DAY, 5, 1, 0.5, -0.5, 0.5)
    assert of_day(warehouse, TOMORROW) == tomorrow


def test_what_was_repaired_was_not_measured(warehouse: Engine, portfolio: Portfolio) -> None:
    at = MIDNIGHT + 5 * HOUR
    repair = pl.DataFrame(
        {"sensor": "a.load", "event_start": [at], "belief_time": NOW, "source": "hold", "value": 1.0},
        schema_overrides={"event_start": UTC_TIME, "belief_time": UTC_TIME},
    )
    with warehouse.begin() as session:
        replace_repairs(session, repair, ["a.load"], at, at + HOUR)

    measure_accuracy(warehouse, portfolio, DAY, NOW)

    assert [hour for _, hour, *_ in of_day(warehouse, DAY)] == [hour for hour in range(24) if hour != 5]


def test_a_day_that_is_not_over_has_the_hours_that_are(warehouse: Engine, tmp_path: Path) -> None:
    portfolio = metered_home(tmp_path, warehouse)
    believe(warehouse, "a.load", range(-24 * 21, 6), [1.0] * (24 * 21 + 6))
    ForecastDesk(warehouse, portfolio).forecast(DAY, portfolio.settings.planned_at(DAY))

    assert measure_accuracy(warehouse, portfolio, DAY, NOW)["hour"].to_list() == list(range(6))


def test_what_was_compared_outlives_the_forecasts(warehouse: Engine, portfolio: Portfolio) -> None:
    measure_accuracy(warehouse, portfolio, DAY, NOW)
    before = of_day(warehouse, DAY)
    with warehouse.begin() as session:
        session.exec_driver_sql("select flex.drop_belief_month('2025-06-01')")

    measure_accuracy(warehouse, portfolio, DAY, NOW + HOUR)

    assert before
    assert of_day(warehouse, DAY) == before


def test_accuracy_by_hour_sums_up_the_days(warehouse: Engine, portfolio: Portfolio) -> None:
    for day in (DAY, TOMORROW):
        measure_accuracy(warehouse, portfolio, day, NOW)

    by_hour = rows(
        warehouse,
        "select hour, n, mae, first_date, last_date from flex.forecast_accuracy_by_hour order by 1",
    )
    # 2 kW off on the first day, and right on the second
    assert by_hour == [(hour, 2, 1.0, DAY, TOMORROW) for hour in range(24)]
