"""What a planned day costs besides energy: hourly steps, and no look-ahead but where a test says so."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from flex_pipeline.planning import configuration
from flex_pipeline.planning.outcomes import note_outcomes
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.portfolios import store_portfolio
from tests.planning.homes import DAY, HOUR, MIDNIGHT, NOW, SETTINGS, know, planner, rows

DAYS = [DAY + timedelta(days=i) for i in range(3)]
LATER = NOW + timedelta(days=4)
SITE = """
site: a
sensors:
  a.load:
    {unit: kW, resolution: PT1H, kind: load, known: {day-ahead: "06:00"},
     source: {simulated: load, profile: home, yearly: 3000 kWh}}
  a.meter: {unit: kW, resolution: PT1H, kind: power, source: {csv: none.csv, column: a}}
flex-context:
  consumption-price: {sensor: price}
  site-power-capacity: 40 kVA
  site-consumption-capacity: 4 kW
  site-consumption-breach-price: 0.5 EUR/kW
  site-peak-consumption-price: 1 EUR/kW
  site-peak-consumption: 1 kW
  consumption-emissions: 0.4 kg/kWh
  emissions-price: 100 EUR/t
  commitments: [{name: promised, baseline: 3 kW, up-price: 0.01 EUR/kWh}]
  inflexible-consumption: [{sensor: a.load}]
devices:
  battery:
    meter: {sensor: a.meter}
    flex-model:
      {soc-at-start: 2 kWh, soc-max: 10 kWh, power-capacity: 2 kW, wear-price: 0.001 EUR/kWh}
"""
COMPONENTS = "peak_cost, breach_cost, commitment_cost, wear_cost, emissions_cost"


def planned(folder: Path, warehouse: Engine, settings: str = SETTINGS, site: str = SITE) -> Portfolio:
    """A site that pays for everything, planned for three days: a load of 2 kW, at noon of 8, 11 and 9 kW."""
    (folder / "portfolio.yaml").write_text(settings)
    (folder / "a.yaml").write_text(site)
    portfolio = configuration.load(folder)
    with warehouse.begin() as session:
        store_portfolio(session, portfolio)
    know(warehouse, "price", [100.0 if 8 <= h % 24 < 20 else 50.0 for h in range(96)])
    load = [2.0] * 96
    load[12], load[36], load[60] = 8.0, 11.0, 9.0
    know(warehouse, "a.load", load)
    for day in DAYS:
        (outcome,) = planner(warehouse, portfolio).plan_all(["a"], day, LATER)
        assert outcome.status == "optimal"
    return portfolio


def note(warehouse: Engine, portfolio: Portfolio) -> None:
    for day in DAYS:
        note_outcomes(warehouse, portfolio, day, LATER)


def costs(warehouse: Engine, way: str, day: date = DAY, columns: str = COMPONENTS) -> tuple[Any, ...]:
    in_force = f"select run_id from flex.current_plan where date = '{day}'"
    (found,) = rows(
        warehouse, f"select {columns} from flex.day_cost where run_id = ({in_force}) and way = '{way}'"
    )
    return found


def test_a_plan_for_one_day_costs_on_it_what_it_was_chosen_to_minimise(
    warehouse: Engine, tmp_path: Path
) -> None:
    note(warehouse, planned(tmp_path, warehouse))

    for day in DAYS:
        (plan,) = rows(
            warehouse,
            "select peak_cost, breach_cost, commitment_cost, wear_cost, emissions_cost, energy_cost, total_cost"
            f" from flex.current_plan where date = '{day}'",
        )
        *besides, energy, total = plan
        assert costs(warehouse, "planned", day) == pytest.approx(tuple(besides), abs=1e-9)
        assert sum(besides) + energy == pytest.approx(total)
        assert min(besides[1:]) > 0  # but for a peak that an earlier day has reached, each is paid for


def test_the_look_ahead_costs_the_day_nothing(warehouse: Engine, tmp_path: Path) -> None:
    portfolio = planned(tmp_path, warehouse, SETTINGS.replace("PT0H", "PT24H"))
    note(warehouse, portfolio)

    ((wear, horizon_wear, throughput),) = rows(
        warehouse,
        """
            select c.wear_cost, p.wear_cost, sum(abs(s.power_kw))
            from flex.current_plan as p join flex.day_cost as c using (run_id) join flex.schedule as s using (run_id)
            where p.date = '2025-06-10' and way = 'planned' group by 1, 2
        """,
    )
    assert wear == pytest.approx(0.001 * throughput)
    assert horizon_wear > wear


def test_the_days_of_a_billing_period_add_up_to_its_peak_in_each_way(
    warehouse: Engine, tmp_path: Path
) -> None:
    portfolio = planned(tmp_path, warehouse)
    # each noon came 1 kW higher than forecast
    for day, kw in enumerate((9.0, 12.0, 10.0)):
        know(warehouse, "a.load", [kw], MIDNIGHT + (24 * day + 12) * HOUR, since=NOW + timedelta(days=3))

    note(warehouse, portfolio)

    for way in ("no flexibility", "realised"):
        found = [costs(warehouse, way, day, "peak_cost, peak_consumption_kw") for day in DAYS]
        highest = max(kw for _, kw in found)
        assert sum(cost for cost, _ in found) == pytest.approx(1.0 * (highest - 1.0))  # 1 kW is free
        assert found[2][0] == 0.0  # the third day stays below the second
    # without flexibility the battery rests: the load of the plan is all there is
    assert costs(warehouse, "no flexibility", DAYS[1], "peak_consumption_kw") == (11.0,)


def test_what_came_is_told_from_meters_at_the_prices_of_the_plan(warehouse: Engine, tmp_path: Path) -> None:
    portfolio = planned(tmp_path, warehouse)
    # the battery charged 3 kW in the first hour, gave 3 kW at noon and did nothing else
    metered = [0.0] * 24
    metered[0], metered[12] = 3.0, -3.0
    know(warehouse, "a.meter", metered, MIDNIGHT, since=NOW)

    note_outcomes(warehouse, portfolio, DAY, LATER)

    found = costs(warehouse, "realised")
    assert found == pytest.approx(
        (
            5.0 - 1.0,  # at midnight 2 + 3 kW, of which 1 kW is free; at noon 8 - 3 kW
            0.5 * 1 + 0.5 * 2,  # 1 kW above 4 kW, once as the highest and for two hours
            0.01 * 4,  # 2 kWh above 3 kW, twice
            0.001 * 6,  # 6 kWh in and out
            0.04 * 54,  # 22 h of 2 kW and 2 h of 5 kW, of 0.4 kg each at 0.1 EUR
        )
    )


def test_nothing_came_of_a_day_that_is_not_measured(warehouse: Engine, tmp_path: Path) -> None:
    portfolio = planned(tmp_path, warehouse)
    with warehouse.begin() as session:
        session.exec_driver_sql("""
            delete from flex.belief using flex.sensor s
            where s.sensor_id = belief.sensor_id and s.name = 'a.load' and event_start = '2025-06-10 03:00+00'
        """)

    note_outcomes(warehouse, portfolio, DAY, LATER)

    assert rows(warehouse, "select distinct way from flex.day_cost order by 1") == [
        ("no flexibility",),
        ("planned",),
    ]


def test_a_store_that_two_devices_feed_is_there_once(warehouse: Engine, tmp_path: Path) -> None:
    heater = """
  heater:
    flex-model: {consumption-capacity: 3 kW, production-capacity: 0 kW, shares-stock-of: battery}
"""
    portfolio = planned(tmp_path, warehouse, site=SITE.rstrip() + heater)

    note_outcomes(warehouse, portfolio, DAY, LATER)

    devices = rows(
        warehouse,
        """
            select device_id, shares_stock_of, soc_end_kwh from flex.current_plan
            join flex.device_plan using (run_id) where date = '2025-06-10' order by 1
        """,
    )
    left_kwh = devices[0][2]
    assert devices == [("a/battery", None, left_kwh), ("a/heater", "a/battery", left_kwh)]
    assert costs(warehouse, "planned", columns="stock_kwh") == (pytest.approx(left_kwh),)
    assert costs(warehouse, "realised", columns="stock_kwh") == (pytest.approx(left_kwh),)
