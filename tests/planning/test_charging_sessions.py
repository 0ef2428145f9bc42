"""A log of charging sessions in the pipeline: stored, judged, and planned with."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from flex_pipeline.planning import configuration
from flex_pipeline.planning.checking import check
from flex_pipeline.planning.ingestion import ingest
from flex_pipeline.portfolio.loader import PortfolioError
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.charging_sessions import read_sessions
from flex_pipeline.warehouse.portfolios import store_portfolio
from tests.planning.homes import planner, rows

DAY = date(2026, 3, 24)
NOW = datetime(2026, 3, 25, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 23, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
GARAGE = """
site: garage
sensors:
  sessions: {unit: kWh, resolution: PT1H, kind: ev-session, capacity: 11 kW, known: KNOWN, source: BOOKINGS}
  available: {unit: kW, resolution: PT1H, kind: availability, capacity: 11 kW, known: KNOWN, source: BOOKINGS}
  wanted: {unit: kWh, resolution: PT1H, kind: soc-minima, known: KNOWN, source: BOOKINGS}
  taken: {unit: kW, resolution: PT1H, kind: usage, known: KNOWN, source: BOOKINGS}
flex-context:
  consumption-price:
    - {start: "00:00", end: "12:00", value: 0.1 EUR/kWh}
    - {start: "12:00", end: "00:00", value: 0.4 EUR/kWh}
  site-power-capacity: 17 kVA
devices:
  charger:
    flex-model:
      soc-at-start: 0 kWh
      soc-max: 100 kWh
      soc-targets: {sensor: wanted}
      soc-usage: [{sensor: taken}]
      power-capacity: 11 kW
      consumption-capacity: {sensor: available}
      production-capacity: 0 kW
""".replace("KNOWN", '{day-ahead: "12:00"}').replace(
    "BOOKINGS",
    "{csv: log.csv, column: kwh, time-column: arrival, departure-column: departure, session-column: car}",
)
LOG = """\
car,arrival,departure,kwh
red,2026-03-24T08:00,2026-03-24T14:00,20
blue,2026-03-24T15:00,2026-03-24T17:30,8
"""


@pytest.fixture
def portfolio(tmp_path: Path, warehouse: Engine) -> Portfolio:
    (tmp_path / "portfolio.yaml").write_text(
        'settings: {look-ahead: PT0H, resolution: PT1H, planning-time: "13:15"}'
    )
    (tmp_path / "garage.yaml").write_text(GARAGE)
    (tmp_path / "log.csv").write_text(LOG)
    portfolio = configuration.load(tmp_path)
    with warehouse.begin() as session:
        store_portfolio(session, portfolio)
    return portfolio


def load(warehouse: Engine, portfolio: Portfolio, now: datetime = NOW) -> int:
    return ingest(warehouse, list(portfolio.sensors.values()), portfolio.folder, DAY, now).stored


def test_a_log_is_stored_once_and_a_correction_beside_it(warehouse: Engine, portfolio: Portfolio) -> None:
    first, again = load(warehouse, portfolio), load(warehouse, portfolio)
    log = portfolio.folder / "log.csv"
    log.write_text(LOG.replace("17:30", "18:30"))
    load(warehouse, portfolio, NOW + HOUR)

    def departure(as_of: datetime) -> datetime:
        with warehouse.connect() as session:
            stored = read_sessions(session, ["sessions"], MIDNIGHT, MIDNIGHT + 24 * HOUR, as_of)
        left: datetime = stored.filter(session="blue")["plugged_out"][0]
        return left

    assert again == 0
    assert first == 2 + 24 + 2 + 24  # sessions, availability, departures, usage
    assert [departure(at) for at in (NOW, NOW + HOUR)] == [MIDNIGHT + 17.5 * HOUR, MIDNIGHT + 18.5 * HOUR]
    assert len(rows(warehouse, "select * from flex.charging_session")) == 3
    assert len(rows(warehouse, "select * from flex.current_charging_session")) == 2


def test_a_log_is_judged_with_the_other_sensors_of_the_day(warehouse: Engine, portfolio: Portfolio) -> None:
    (portfolio.folder / "log.csv").write_text(LOG.replace("17:30", "14:30").replace("20\n", "200\n"))
    load(warehouse, portfolio)
    check(warehouse, list(portfolio.sensors.values()), DAY, NOW, portfolio)

    query = """
        select q.expectation, q.passed, q.observed from flex.data_quality as q join flex.sensor as n using (sensor_id)
        where n.name = 'sessions' order by 1
    """
    found = {rule: observed for rule, passed, observed in rows(warehouse, query) if not passed}
    assert len(rows(warehouse, query)) == 7
    assert found == {
        "mean-power": "1 of 2 sessions that charged faster than the point can, first red: 33.33 of 11.22 kW",
        "order": "1 of 2 sessions end before they begin, first blue at 2026-03-24 15:00:00",
    }


def test_a_charger_is_planned_for_the_cars_that_are_booked(warehouse: Engine, portfolio: Portfolio) -> None:
    load(warehouse, portfolio)
    list(planner(warehouse, portfolio).plan_all(["garage"], DAY, NOW))

    power = [kw for (kw,) in rows(warehouse, "select power_kw from flex.schedule order by event_start")]
    # 20 kWh in the cheap hours before noon; 8 kWh from three in the afternoon, in the two hours before 17:30's
    assert sum(power[8:12]) == pytest.approx(20)
    assert sum(power[15:17]) == pytest.approx(8)
    assert sum(power) == pytest.approx(28)


def test_a_log_itself_is_no_input_of_a_plan(tmp_path: Path, portfolio: Portfolio) -> None:
    (tmp_path / "garage.yaml").write_text(GARAGE.replace("{sensor: wanted}", "{sensor: sessions}"))

    with pytest.raises(PortfolioError, match="read one of kind availability, soc-minima or usage"):
        configuration.load(tmp_path)


def test_old_sessions_go_with_the_beliefs_of_their_month(warehouse: Engine, portfolio: Portfolio) -> None:
    load(warehouse, portfolio)
    with warehouse.begin() as session:
        session.execute(text("select flex.drop_belief_month('2026-03-01')"))

    assert rows(warehouse, "select * from flex.charging_session") == []
