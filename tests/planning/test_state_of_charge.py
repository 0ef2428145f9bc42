"""Where a plan starts from: measured, carried over or stated. Hourly steps, planned at half past eleven at night."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from flex_pipeline.planning import configuration
from flex_pipeline.planning.checking import check
from flex_pipeline.planning.forecasts import ForecastDesk
from flex_pipeline.planning.state_of_charge import fastest_changes
from flex_pipeline.portfolio.loader import PortfolioError
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.portfolios import store_portfolio
from tests.planning.homes import DAY, HOUR, MIDNIGHT, NOW, know, planner, rows

TOMORROW = DAY + timedelta(days=1)
SETTINGS = 'settings: {planning-time: "23:30", look-ahead: PT0H, resolution: PT1H}\n'
HOME = """
site: home
sensors:
  price:
    {unit: EUR/MWh, resolution: PT1H, kind: price, known: {day-ahead: "13:00"},
     source: {simulated: price, level: 85 EUR/MWh}}
  battery.soc: {unit: "%(unit)s", resolution: PT15M, kind: soc, source: {csv: soc.csv, column: soc}}
flex-context: {consumption-price: {sensor: price}, site-power-capacity: 17 kVA}
devices:
  battery:
    flex-model:
      {soc-at-start: 1 kWh, state-of-charge: {sensor: battery.soc}, soc-max: 10 kWh, power-capacity: 5 kW}
"""


def home(folder: Path, warehouse: Engine, unit: str = "kWh") -> Portfolio:
    (folder / "portfolio.yaml").write_text(SETTINGS)
    (folder / "home.yaml").write_text(HOME % {"unit": unit})
    portfolio = configuration.load(folder)
    with warehouse.begin() as session:
        store_portfolio(session, portfolio)
    know(warehouse, "price", [100.0] * 48)
    return portfolio


def measure(warehouse: Engine, at: datetime, value: float) -> None:
    know(warehouse, "battery.soc", [value], at)


def started(warehouse: Engine, portfolio: Portfolio, day: date = DAY) -> tuple[float, str]:
    """The stock at the start of a plan, and what the plan says."""
    (outcome,) = planner(warehouse, portfolio).plan_all(["home"], day, NOW + timedelta(days=2))
    assert outcome.status == "optimal", outcome
    ((soc, reason),) = rows(
        warehouse,
        f"""select d.soc_start_kwh, p.reason from flex.current_plan as p join flex.device_plan as d using (run_id)
            where p.date = '{day}'""",
    )
    return soc, reason or ""


def test_a_measured_stock_goes_before_what_the_plan_of_yesterday_leaves(
    tmp_path: Path, warehouse: Engine
) -> None:
    portfolio = home(tmp_path, warehouse)
    started(warehouse, portfolio)
    measure(warehouse, MIDNIGHT + 23 * HOUR, 7.5)

    soc, reason = started(warehouse, portfolio, TOMORROW)

    assert soc == 7.5
    assert "battery.soc-at-start: is 7.5 kWh as measured at 2025-06-10 23:00" in reason


def test_without_a_measurement_the_plan_of_yesterday_says_what_is_in_store(
    tmp_path: Path, warehouse: Engine
) -> None:
    portfolio = home(tmp_path, warehouse)
    started(warehouse, portfolio)
    measure(warehouse, MIDNIGHT + 19 * HOUR, 7.5)  # more than four steps before the start

    soc, reason = started(warehouse, portfolio, TOMORROW)

    # the first day starts with the 1 kWh stated, and sells it: a flat price leaves nothing to gain by keeping it
    assert soc == 0.0
    assert "is 0 kWh, which the plan of the day before leaves: nothing was measured near the start" in reason


def test_on_the_first_day_the_flex_model_says_what_is_in_store(tmp_path: Path, warehouse: Engine) -> None:
    soc, reason = started(warehouse, home(tmp_path, warehouse))

    assert soc == 1.0
    assert "battery.soc-at-start: is 1 kWh, which the flex-model states" in reason


def test_what_was_measured_after_the_planning_time_is_not_seen(tmp_path: Path, warehouse: Engine) -> None:
    portfolio = home(tmp_path, warehouse)
    with warehouse.begin() as session:
        session.exec_driver_sql("insert into flex.source (name, type) values ('bms', 'reading')")
        session.exec_driver_sql("select flex.ensure_belief_months('2025-06-01', '2025-06-02')")
        session.exec_driver_sql("""
            insert into flex.belief
            select sensor_id, '2025-06-09 21:45Z', '2025-06-09 22:00Z', source_id, 0.5, 7.5
            from flex.sensor as n, flex.source as o where n.name = 'battery.soc' and o.name = 'bms'
        """)

    assert started(warehouse, portfolio)[0] == 1.0


def test_a_share_is_measured_of_the_size_of_the_store(tmp_path: Path, warehouse: Engine) -> None:
    portfolio = home(tmp_path, warehouse, unit="%")
    measure(warehouse, MIDNIGHT - HOUR, 40.0)

    assert started(warehouse, portfolio)[0] == 4.0


def test_a_state_of_charge_is_not_forecast(tmp_path: Path, warehouse: Engine) -> None:
    portfolio = home(tmp_path, warehouse)
    measure(warehouse, MIDNIGHT - 48 * HOUR, 7.5)

    done = ForecastDesk(warehouse, portfolio).forecast(DAY, NOW)

    assert "battery.soc" not in {forecast.sensor for forecast in done}


@pytest.mark.parametrize(("unit", "an_hour"), [("kWh", 6.0), ("%", 60.0), ("MWh", 0.006)])
def test_a_stock_changes_no_faster_than_the_power_of_its_device(
    tmp_path: Path, warehouse: Engine, unit: str, an_hour: float
) -> None:
    # 5 kW and a fifth, into 10 kWh
    assert fastest_changes(home(tmp_path, warehouse, unit)) == {"battery.soc": pytest.approx(an_hour)}


def test_a_stock_that_jumps_is_found_against_the_power_of_its_device(
    tmp_path: Path, warehouse: Engine
) -> None:
    portfolio = home(tmp_path, warehouse)
    measure(warehouse, MIDNIGHT + HOUR, 2.0)
    measure(warehouse, MIDNIGHT + 2 * HOUR, 9.0)

    verdicts = check(warehouse, [portfolio.sensors["battery.soc"]], DAY, NOW, portfolio)

    (jump,) = [v for v in verdicts if v.expectation == "continuity"]
    assert not jump.passed
    assert "by 7 kWh an hour to 9" in jump.observed


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("kind: soc,", "kind: heat,", "is a sensor of kind heat: state-of-charge reads one of kind soc"),
        (
            "{sensor: price}",
            "{sensor: battery.soc}",
            "is a sensor of kind soc: state-of-charge reads one of kind",
        ),
        ("kind: soc,", "kind: meter-total,", "which is checked but not planned with"),
    ],
)
def test_a_state_of_charge_and_its_sensor_belong_together(
    tmp_path: Path, wrong: str, right: str, said: str
) -> None:
    (tmp_path / "home.yaml").write_text((HOME % {"unit": "kWh"}).replace(wrong, right))
    with pytest.raises(PortfolioError, match=said):
        configuration.load(tmp_path)
