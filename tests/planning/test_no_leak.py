"""No later belief has a say in anything that is made for a plan: verdicts that block, repairs, forecasts, the plan."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from flex_pipeline.planning import configuration
from flex_pipeline.planning.checking import check
from flex_pipeline.planning.forecasts import ForecastDesk
from flex_pipeline.planning.repairing import repair_day
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.beliefs import store_readings
from flex_pipeline.warehouse.portfolios import store_portfolio
from tests.planning.homes import DAY, HOME, HOUR, MIDNIGHT, NOW, SETTINGS, planner, rows

DAYS_BEFORE = 21
TABLES = "belief, data_quality, reading_day, repeated_reading, trained_model, forecast_run, schedule_run"
MADE = (
    "select b.event_start, b.quantile, b.value, b.belief_time from flex.belief as b join flex.source as o"
    " using (source_id) where o.type = 'forecaster' order by 1, 2",
    "select site_id, status, input_hash, total_cost, reason from flex.schedule_run",
    "select device_id, status, reason from flex.device_plan",
    "select device_id, event_start, power_kw, soc_kwh from flex.schedule order by 1, 2",
)

Later = list[
    tuple[str, int, float, int]
]  # sensor, hour since the day begins, value, hours after the planning


@pytest.fixture
def portfolio(tmp_path: Path, warehouse: Engine) -> Portfolio:
    """A home whose load is metered: known when it is over."""
    metered = HOME.replace('{day-ahead: "06:00"}', "{delay: PT15M}")
    (tmp_path / "portfolio.yaml").write_text(SETTINGS)
    (tmp_path / "a.yaml").write_text(metered % {"site": "a", "soc_kwh": 2})
    portfolio = configuration.load(tmp_path)
    with warehouse.begin() as session:
        store_portfolio(session, portfolio)
    return portfolio


def believe(warehouse: Engine, sensor: str, hours: range, values: list[float], known: list[Any]) -> None:
    frame = pl.DataFrame(
        {
            "sensor": sensor,
            "event_start": [MIDNIGHT + hour * HOUR for hour in hours],
            "belief_time": known,
            "source": "meter",
            "value": values,
        },
        schema_overrides={"event_start": pl.Datetime("us", "UTC"), "belief_time": pl.Datetime("us", "UTC")},
    )
    with warehouse.begin() as session:
        store_readings(session, frame, max(known))


def made(warehouse: Engine, portfolio: Portfolio, later: Later) -> list[list[tuple[Any, ...]]]:
    """All that is made for the day by a run on the day after it, by when `later` has come in too."""
    planned_at = portfolio.settings.planned_at(DAY)
    with warehouse.begin() as session:
        session.execute(
            text(
                ", ".join(f"flex.{name.strip()}" for name in TABLES.split(",")).join(
                    ("truncate ", " cascade")
                )
            )
        )
    before = range(-24 * DAYS_BEFORE, -24)
    load = [0.4 + 0.1 * (hour % 24) + 0.01 * (hour // 24 % 7) for hour in before]
    believe(warehouse, "a.load", before, load, [MIDNIGHT + (hour + 1.25) * HOUR for hour in before])
    dear = [100.0 if 8 <= hour < 20 else 50.0 for hour in range(24)]
    believe(warehouse, "price", range(24), dear, [planned_at - HOUR / 4] * 24)
    for sensor, hour, value, after in later:
        known = max(planned_at, MIDNIGHT + (hour + 1) * HOUR if sensor == "a.load" else planned_at)
        believe(
            warehouse, sensor, range(hour, hour + 1), [value], [known + after * HOUR + timedelta(seconds=1)]
        )
    now = NOW + timedelta(days=1)
    for day in (DAY - timedelta(days=1), DAY):
        check(warehouse, list(portfolio.sensors.values()), day, now, portfolio)
        repair_day(warehouse, portfolio, day, now)
    ForecastDesk(warehouse, portfolio).forecast(DAY, now)
    list(planner(warehouse, portfolio).plan_all(["a"], DAY, now))
    return [rows(warehouse, query) for query in MADE]


LATER = st.lists(
    st.tuples(
        st.sampled_from(["a.load", "price"]),
        st.integers(-12, 30),
        st.floats(-500, 5000, allow_nan=False).map(lambda value: round(value, 3)),
        st.integers(0, 30),
    ),
    max_size=12,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LATER)
@example(
    [("price", hour, 5000.0, 0) for hour in range(24)]
)  # all prices restated a second after the planning
@example([("a.load", hour, -100.0, 1) for hour in range(-10, 24)])  # a meter that breaks after the planning
def test_what_comes_later_changes_nothing(warehouse: Engine, portfolio: Portfolio, later: Later) -> None:
    expected = made(warehouse, portfolio, [])
    assert [len(found) > 0 for found in expected] == [True] * 4
    assert expected[1][0][1] == "optimal"

    assert made(warehouse, portfolio, later) == expected
