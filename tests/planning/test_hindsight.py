"""What the errors of forecasts cost: a plan followed through what was measured, against perfect foresight."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from flex_pipeline.planning.forecasts import ForecastDesk
from flex_pipeline.planning.hindsight import Hindsight
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.forecast_value import ForecastValue
from flex_pipeline.warehouse.plans import NotStoredError
from tests.planning.homes import DAY, HOUR, MIDNIGHT, NOW, planner, rows
from tests.planning.metered import believe, metered_home

LATER = datetime(2025, 6, 12, tzinfo=UTC)
# EUR/kWh: the earlier the dearer, so no hour is worth charging for a later one; and what is sold earns nothing
PRICE = [(100 - hour) / 1000 for hour in range(24)]
MONEY = 1e-5
IN_FORCE = "select * from flex.current_schedule order by device_id, event_start"


@pytest.fixture
def portfolio(tmp_path: Path, warehouse: Engine) -> Portfolio:
    """1 kW is forecast of each hour of the day, and the 2 kWh of the battery are planned to serve the first two."""
    portfolio = metered_home(tmp_path, warehouse, "production-price: 0 EUR/kWh")
    before = range(-24 * 21, -24)
    believe(warehouse, "a.load", before, [1.0] * len(before))
    believe(warehouse, "price", range(24), [1000 * price for price in PRICE], [MIDNIGHT - 12 * HOUR] * 24)
    ForecastDesk(warehouse, portfolio).forecast(DAY, NOW)
    list(planner(warehouse, portfolio).plan_all(["a"], DAY, NOW))
    return portfolio


def happened(warehouse: Engine, load_kw: list[float]) -> None:
    believe(warehouse, "a.load", range(24), load_kw)


def compared(warehouse: Engine) -> ForecastValue:
    (value,) = Hindsight(warehouse).compare(["a"], DAY, LATER)
    return value


def test_what_came_as_forecast_cost_nothing(warehouse: Engine, portfolio: Portfolio) -> None:
    happened(warehouse, [1.0] * 24)

    value = compared(warehouse)

    assert value.perfect_cost == pytest.approx(sum(PRICE[2:]))
    assert value.regret == pytest.approx(0, abs=MONEY)


def test_what_a_battery_gave_when_nobody_needed_it_is_what_the_error_cost(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    happened(warehouse, [0.0, 0.0] + [1.0] * 22)

    value = compared(warehouse)

    # its 2 kWh were given away in the first two hours, and could have served the next two
    assert value.planned_cost == pytest.approx(sum(PRICE[2:]))
    assert value.perfect_cost == pytest.approx(sum(PRICE[4:]))
    assert value.regret == pytest.approx(PRICE[2] + PRICE[3])
    assert value.followed_energy_cost == pytest.approx(value.planned_cost)  # there is no look-ahead
    ((stored, expected, currency),) = rows(
        warehouse, "select regret, expected_cost, currency from flex.current_forecast_value"
    )
    assert (stored, expected) == (pytest.approx(PRICE[2] + PRICE[3]), pytest.approx(sum(PRICE[2:])))
    assert currency == "EUR"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([-3.0, 0.0, 0.2, 1.0, 2.5, 6.0]), min_size=24, max_size=24))
def test_no_error_earns_money(warehouse: Engine, portfolio: Portfolio, load_kw: list[float]) -> None:
    with warehouse.begin() as session:
        session.exec_driver_sql(
            f"delete from flex.belief where event_start >= '{MIDNIGHT}' and sensor_id ="
            " (select sensor_id from flex.sensor where name = 'a.load')"
        )
        session.exec_driver_sql("delete from flex.forecast_value")
    happened(warehouse, load_kw)

    regret = compared(warehouse).regret

    assert regret is not None
    assert regret >= -MONEY


def test_the_plan_in_force_stays_as_it_was(warehouse: Engine, portfolio: Portfolio) -> None:
    before = rows(warehouse, IN_FORCE)
    happened(warehouse, [0.0] * 12 + [2.0] * 12)

    compared(warehouse)

    assert rows(warehouse, IN_FORCE) == before
    perfect = rows(warehouse, "select event_start, power_kw, soc_kwh from flex.perfect_schedule order by 1")
    assert len(perfect) == 24
    assert perfect[-1][2] == pytest.approx(0)


def test_the_same_measurements_are_compared_once_and_corrected_ones_again(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    happened(warehouse, [1.0] * 24)
    compared(warehouse)
    hindsight = Hindsight(warehouse)

    assert hindsight.compare(["a"], DAY, LATER) == []
    believe(warehouse, "a.load", range(3, 4), [5.0], [LATER])
    (again,) = hindsight.compare(["a"], DAY, LATER + HOUR)

    assert again.perfect_cost == pytest.approx(sum(PRICE[2:]) + 4 * PRICE[3])
    assert rows(warehouse, "select perfect_cost from flex.forecast_value") == [
        (pytest.approx(again.perfect_cost),)
    ]


def test_a_day_that_is_not_measured_says_so_until_it_is(warehouse: Engine, portfolio: Portfolio) -> None:
    believe(warehouse, "a.load", range(5), [1.0] * 5)

    value = compared(warehouse)

    assert (value.regret, value.planned_cost) == (None, None)
    assert value.reason is not None
    assert value.reason.startswith("not all was measured: a.load: nothing known")
    assert "2025-06-10 03:00 UTC" in value.reason
    happened(warehouse, [1.0] * 24)
    assert compared(warehouse).reason is None


def test_a_plan_that_overloads_the_connection_has_no_price(warehouse: Engine, portfolio: Portfolio) -> None:
    happened(warehouse, [1.0] * 5 + [18.0] + [1.0] * 18)  # of 17 kVA: the battery could have helped

    value = compared(warehouse)

    assert value.regret is None
    assert value.reason == "as planned, a limit would have been missed by 1 kW or kWh"


def test_a_day_without_a_plan_is_an_error(warehouse: Engine, portfolio: Portfolio) -> None:
    with pytest.raises(NotStoredError, match="there is no plan of a for 2025-06-12"):
        Hindsight(warehouse).compare(["a"], DAY.replace(day=12), LATER)
