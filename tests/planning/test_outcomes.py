"""What is noted of planned days: measured values, meters, and other ways to run the devices."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from flex_pipeline.planning import configuration
from flex_pipeline.planning.outcomes import note_outcomes
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.portfolios import store_portfolio
from tests.planning.homes import DAY, HOUR, MIDNIGHT, NOW, homes, know, planner, rows

LATER = NOW + timedelta(days=2)
STEP = "(extract(epoch from event_start - '2025-06-09 22:00+00') / 3600)::int"


def planned(folder: Path, warehouse: Engine) -> Portfolio:
    """A home with a battery of 10 kWh and 5 kW that is planned for the day."""
    portfolio = homes(folder, warehouse, ["home-01"])
    assert [o.status for o in planner(warehouse, portfolio).plan_all(["home-01"], DAY, NOW)] == ["optimal"]
    return portfolio


def with_meters(folder: Path, warehouse: Engine) -> Portfolio:
    """The same home, whose battery has got a meter and a gauge; known from the configuration in force on."""
    file = folder / "home-01.yaml"
    sensor = "  home-01.%s: {unit: %s, resolution: PT1H, kind: %s, source: {csv: none.csv, column: a}}\n"
    meters = sensor % ("meter", "W", "power") + sensor % ("soc", '"%"', "soc")
    text = file.read_text().replace("flex-context:", f"{meters}flex-context:")
    text = text.replace(
        "    flex-model: {",
        "    meter: {sensor: home-01.meter}\n    flex-model: {state-of-charge: {sensor: home-01.soc}, ",
    )
    file.write_text(text)
    portfolio = configuration.load(folder)
    with warehouse.begin() as session:
        store_portfolio(session, portfolio)
    return portfolio


def test_prices_and_flows_are_stored_as_they_came(warehouse: Engine, tmp_path: Path) -> None:
    portfolio = planned(tmp_path, warehouse)
    know(warehouse, "home-01.load", [0.8], MIDNIGHT + 3 * HOUR, since=NOW)  # a correction of 0.5

    assert note_outcomes(warehouse, portfolio, DAY, LATER) == 1

    found = rows(
        warehouse,
        f"select {STEP}, consumption_price, inflexible_consumption_kw from flex.site_outcome order by 1",
    )
    assert len(found) == 24
    assert found[3] == (3, pytest.approx(0.05), 0.8)
    assert found[8] == (8, pytest.approx(0.10), 0.5)


def test_each_commodity_has_prices_flows_and_co2_of_its_own(warehouse: Engine, tmp_path: Path) -> None:
    planned(tmp_path, warehouse)
    file = tmp_path / "home-01.yaml"
    gas = "{commodity: gas, consumption-price: 0.08 EUR/kWh, consumption-emissions: 0.2 kg/kWh}"
    file.write_text(file.read_text().replace("flex-context:", f"flex-context:\n  commodities: [{gas}]"))

    note_outcomes(warehouse, configuration.load(tmp_path), DAY, LATER)

    found = rows(
        warehouse,
        """
            select commodity, count(*), min(consumption_price), max(inflexible_consumption_kw),
                min(consumption_emissions), min(production_emissions)
            from flex.site_outcome group by 1 order by 1
        """,
    )
    assert found == [
        ("electricity", 24, pytest.approx(0.05), 0.5, None, None),
        ("gas", 24, pytest.approx(0.08), 0.0, pytest.approx(0.2), 0.0),
    ]


def test_what_is_not_measured_is_empty_and_no_forecast(warehouse: Engine, tmp_path: Path) -> None:
    portfolio = planned(tmp_path, warehouse)
    with warehouse.begin() as session:
        session.exec_driver_sql("""
            delete from flex.belief using flex.sensor s
            where s.sensor_id = belief.sensor_id and s.name = 'home-01.load'
        """)

    note_outcomes(warehouse, portfolio, DAY, LATER)

    assert rows(warehouse, "select distinct inflexible_consumption_kw from flex.site_outcome") == [(None,)]


def test_meters_are_read_in_kw_and_stocks_in_kwh(warehouse: Engine, tmp_path: Path) -> None:
    planned(tmp_path, warehouse)
    portfolio = with_meters(tmp_path, warehouse)
    know(warehouse, "home-01.meter", [1500.0, -500.0], MIDNIGHT, since=NOW)
    know(warehouse, "home-01.soc", [20.0, 35.0], MIDNIGHT, since=NOW)  # of 10 kWh, at 0:00 and 1:00

    note_outcomes(warehouse, portfolio, DAY, LATER)

    found = rows(warehouse, f"select {STEP}, power_kw, soc_kwh from flex.device_outcome order by 1")
    assert found[:2] == [(0, 1.5, pytest.approx(3.5)), (1, -0.5, None)]  # at the end of each hour
    assert len(found) == 24


def test_a_battery_that_charges_at_once_is_full_as_soon_as_it_can(warehouse: Engine, tmp_path: Path) -> None:
    note_outcomes(warehouse, planned(tmp_path, warehouse), DAY, LATER)

    found = rows(warehouse, f"select {STEP}, power_kw, soc_kwh from flex.alternative order by 1 limit 3")
    assert found == [(0, 5.0, 5.0), (1, 5.0, 10.0), (2, 0.0, 10.0)]  # empty at first, 10 kWh at 5 kW


def test_the_band_is_as_wide_as_the_forecasts(warehouse: Engine, tmp_path: Path) -> None:
    portfolio = planned(tmp_path, warehouse)
    with warehouse.begin() as session:
        session.exec_driver_sql("insert into flex.source (name, type) values ('model', 'forecaster')")
        # the load of the first hour was not read but forecast when the day was planned
        session.exec_driver_sql("""
            delete from flex.belief using flex.sensor s
            where s.sensor_id = belief.sensor_id and s.name = 'home-01.load' and event_start = '2025-06-09 22:00+00'
        """)
        session.exec_driver_sql("""
            insert into flex.belief
            select s.sensor_id, '2025-06-09 22:00+00', '2025-06-09 11:00+00', o.source_id, q.quantile, q.value
            from flex.sensor s, flex.source o, (values (0.1, 0.2), (0.5, 0.5), (0.9, 0.9)) as q (quantile, value)
            where s.name = 'home-01.load' and o.name = 'model'
        """)

    note_outcomes(warehouse, portfolio, DAY, LATER)

    found = rows(
        warehouse,
        f"""
            select {STEP}, inflexible_consumption_low_kw, inflexible_consumption_high_kw
            from flex.forecast_band order by 1
        """,
    )
    assert found[:2] == [(0, 0.2, 0.9), (1, 0.5, 0.5)]


def test_noting_again_replaces_the_day_and_no_other(warehouse: Engine, tmp_path: Path) -> None:
    portfolio = planned(tmp_path, warehouse)
    list(planner(warehouse, portfolio).plan_all(["home-01"], DAY + timedelta(days=1), LATER))
    for day in (DAY, DAY + timedelta(days=1)):
        note_outcomes(warehouse, portfolio, day, LATER)
    know(warehouse, "home-01.load", [0.8], MIDNIGHT, since=LATER)

    note_outcomes(warehouse, portfolio, DAY, LATER)

    found = rows(
        warehouse,
        """
            select date - '2025-06-10', count(*), max(inflexible_consumption_kw)
            from flex.site_outcome group by 1 order by 1
        """,
    )
    assert found == [(0, 24, 0.8), (1, 24, 0.5)]


def test_a_day_is_noted_in_the_steps_of_its_plan_when_the_settings_have_others(
    warehouse: Engine, tmp_path: Path
) -> None:
    planned(tmp_path, warehouse)
    settings = tmp_path / "portfolio.yaml"
    settings.write_text(settings.read_text().replace("resolution: PT1H}", "resolution: PT15M}", 1))

    note_outcomes(warehouse, configuration.load(tmp_path), DAY, LATER)

    assert rows(warehouse, "select count(*) from flex.site_outcome") == [(24,)]
    assert rows(warehouse, "select count(*) from flex.day_cost") == [(3,)]
