"""A process whose window reaches over midnight runs once for each day, on whichever side of midnight is cheaper."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from flex_pipeline.planning import configuration
from flex_pipeline.planning.overnight import after_day
from flex_pipeline.planning.recreation import recreate_plan_inputs
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.portfolios import store_portfolio
from tests.planning.homes import DAY, NOW, SETTINGS, know, planner, rows

DAYS = [DAY + timedelta(days=i) for i in range(3)]
HOME = """
site: a
flex-context: {consumption-price: {sensor: price}, site-power-capacity: 9 kW}
groups:
  kitchen: {power-capacity: 5 kW}
devices:
  battery: {flex-model: {soc-at-start: 0 kWh, soc-max: 6 kWh, power-capacity: 3 kW, group: kitchen}}
  washer:
    type: process
    flex-model:
      {process-type: SHIFTABLE, power: 2 kW, duration: PT3H, earliest-start: "22:00", latest-end: "06:00",
       group: kitchen}
"""
RUNS = """
    select to_char(event_start at time zone 'Europe/Amsterdam', 'DD HH24'), {power}
    from flex.current_plan join flex.schedule using (run_id)
    where device_id = 'a/washer' and {power} > 0 order by event_start
"""


@pytest.fixture
def portfolio(tmp_path: Path, warehouse: Engine) -> Portfolio:
    """Four days that are cheap from 23 to 2 o'clock, and dear else."""
    (tmp_path / "portfolio.yaml").write_text(SETTINGS.replace("PT0H", "PT8H"))
    (tmp_path / "a.yaml").write_text(HOME)
    portfolio = configuration.load(tmp_path)
    with warehouse.begin() as session:
        store_portfolio(session, portfolio)
    know(warehouse, "price", [20.0 if h % 24 in (23, 0, 1) else 100.0 for h in range(96)])
    return portfolio


def plan(warehouse: Engine, portfolio: Portfolio, *days: date) -> None:
    for day in days:
        (outcome,) = planner(warehouse, portfolio).plan_all(["a"], day, NOW + timedelta(days=4))
        assert outcome.status in ("optimal", "confirmed"), outcome


def test_a_run_over_midnight_is_a_part_of_both_days_and_no_run_is_lost_or_done_twice(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    plan(warehouse, portfolio, *DAYS)

    cheap = ["10 23", "11 00", "11 01", "11 23", "12 00", "12 01", "12 23"]
    assert rows(warehouse, RUNS.format(power="power_kw")) == [(hour, 2.0) for hour in cheap]
    # at the first chance, a run begins at 22:00
    at_once = ["10 22", "10 23", "11 00", "11 22", "11 23", "12 00", "12 22", "12 23"]
    assert rows(warehouse, RUNS.format(power="baseline_power_kw")) == [(hour, 2.0) for hour in at_once]


def test_the_power_of_the_connection_and_of_a_group_has_the_rest_of_the_night_in_it(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    plan(warehouse, portfolio, *DAYS)

    apart = """
        select max(abs(n.net_power_kw - d.power_kw)), max(abs(n.baseline_net_power_kw - d.baseline_kw)), count(*)
        from {of} as n join (
            select run_id, event_start, sum(power_kw) as power_kw, sum(baseline_power_kw) as baseline_kw
            from flex.schedule group by 1, 2
        ) as d using (run_id, event_start)
    """
    for of in ("flex.site_plan", "flex.group_plan"):
        assert rows(warehouse, apart.format(of=of)) == [(*[pytest.approx(0, abs=1e-6)] * 2, 72)]
    assert rows(warehouse, "select count(*) from flex.group_plan where net_power_kw > 5.000001") == [(0,)]


def test_planning_a_day_again_changes_nothing_of_the_night_before(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    plan(warehouse, portfolio, *DAYS)
    before = rows(warehouse, RUNS.format(power="power_kw"))

    plan(warehouse, portfolio, DAYS[2], DAYS[1])

    assert rows(warehouse, RUNS.format(power="power_kw")) == before
    assert rows(warehouse, "select count(*) from flex.schedule_run") == [(3,)]
    assert recreate_plan_inputs(warehouse, "a", DAYS[1]).is_same


def test_what_comes_after_the_day_ends_with_the_last_step_that_runs() -> None:
    assert after_day(np.array([1.0, 2.0, 2.0, 0.0, 2.0, 0.0]), 2) == [2.0, 0.0, 2.0]
    assert after_day(np.array([1.0, 2.0, 0.0, 0.0]), 2) is None
