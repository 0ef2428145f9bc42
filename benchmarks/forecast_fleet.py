"""A fleet of sensors: training their models and forecasting a day, from the warehouse to the warehouse.

    python -m benchmarks.forecast_fleet --sensors 200

Homes of a metered load and solar panels, in quarter-hours, with simulated readings. Everything runs on an embedded
server that is thrown away. `--days` of history; models learn from all of them. Loading them is not timed.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter

import polars as pl
from sqlalchemy import Engine, text

from benchmarks.warehouse_to_warehouse import warehouse
from flex_pipeline.planning import configuration
from flex_pipeline.planning.forecasts import ForecastDesk, Forecasted
from flex_pipeline.planning.model_training import DRIFT
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.scheduling.batch import Solvers
from flex_pipeline.sources import read, source_name
from flex_pipeline.warehouse.beliefs import store_readings
from flex_pipeline.warehouse.portfolios import store_portfolio

DAY = date(2026, 6, 9)  # a Tuesday: models are due with its forecasts
NEXT_DAY = DAY + timedelta(days=1)
NOW = datetime(2026, 6, 10, tzinfo=UTC)
SENSORS, DAYS = 200, 400
MOST_MINUTES, MOST_SECONDS = 10, 60
HOME = """
site: %(site)s
location: {latitude: %(latitude).2f, longitude: 4.90}
sensors:
  %(site)s.load:
    {unit: kW, resolution: PT15M, kind: load, source: {simulated: load, profile: home, yearly: %(yearly_kwh)d kWh}}
  %(site)s.pv:
    {unit: kW, resolution: PT15M, kind: pv, capacity: 6 kW, source: {simulated: pv, peak: %(peak_kw).1f kW}}
flex-context:
  consumption-price: 0.3 EUR/kWh
  production-price: 0.1 EUR/kWh
  inflexible-consumption: [{sensor: %(site)s.load}]
  inflexible-production: [{sensor: %(site)s.pv}]
devices:
  battery:
    flex-model: {soc-at-start: 5 kWh, soc-max: 10 kWh, power-capacity: 5 kW}
"""


def write_homes(folder: Path, sensors: int) -> Portfolio:
    """Homes that differ in size and place."""
    for i in range(-(-sensors // 2)):
        home = {
            "site": f"home-{i:05}",
            "latitude": 51.0 + i % 20 / 10,
            "yearly_kwh": 2500 + 100 * (i % 30),
            "peak_kw": 3 + i % 7 / 2,
        }
        (folder / f"{home['site']}.yaml").write_text(HOME % home)
    return configuration.load(folder)


def fill(engine: Engine, portfolio: Portfolio, days: int) -> int:
    """Store the portfolio and readings of the days before the planning, each known when it is over. Gives the rows."""
    rows = 0
    with engine.begin() as session:
        store_portfolio(session, portfolio)
    for readings in _readings(portfolio, days):
        with engine.begin() as session:
            rows += store_readings(session, readings, NOW)
    with engine.begin() as session:
        session.execute(text("analyze"))  # as the server does by itself after a minute
    return rows


def _readings(portfolio: Portfolio, days: int) -> Iterator[pl.DataFrame]:
    end = portfolio.settings.planned_at(NEXT_DAY).replace(minute=0)
    for sensor in portfolio.sensors.values():
        values = read(sensor, end - timedelta(days=days + 1), end, portfolio.folder)
        yield _known_when_over(values.select("event_start", "value"), sensor)


def _known_when_over(values: pl.DataFrame, sensor: Sensor) -> pl.DataFrame:
    return values.with_columns(
        sensor=pl.lit(sensor.name),
        belief_time=pl.col("event_start") + sensor.resolution,
        source=pl.lit(source_name(sensor)),
    )


def show(sensors: int, days: int, processes: int | None) -> None:
    """Print what training, forecasting and confirming take, on a server that is thrown away."""
    with warehouse() as engine, tempfile.TemporaryDirectory() as folder:
        _measure(engine, write_homes(Path(folder), sensors), days, processes)


def _measure(engine: Engine, portfolio: Portfolio, days: int, processes: int | None) -> None:
    rows, sensors = fill(engine, portfolio, days), len(portfolio.sensors)
    with Solvers(processes) as workers:
        print(f"{sensors} sensors, {rows:,} readings, {workers.processes} processes")
        desk = ForecastDesk(engine, portfolio, workers)
        with timed("trained", f"at most {60 * MOST_MINUTES} s for 200"):
            trained = desk.models.refresh(desk.sensors, portfolio.settings.planned_at(DAY), NOW)
        cpu_s = sum(model.cpu_s for model in trained) / sensors
        print(f"  {cpu_s:.2f} s of CPU a model, {dict(Counter(model.ladder_step for model in trained))}")
        # panels are trained every four weeks, so this finds what drifted in two weeks without a forecast
        with timed("first forecasts", "with what drifted since the models were due"):
            print(f"  {_drifted(desk.forecast(DAY, NOW))} models had drifted and were trained anew")
        with timed("forecasts of the next day", f"at most {MOST_SECONDS} s for 200"):
            print(f"  {_drifted(desk.forecast(NEXT_DAY, NOW))} models had drifted and were trained anew")
        with timed("the same inputs again", "none is forecast twice"):
            desk.forecast(NEXT_DAY, NOW)
    for failure in desk.failures:
        print(failure)


def _drifted(done: Iterable[Forecasted]) -> int:
    newest = ((each.model.asked, each.planning_time) for each in done)
    return sum(asked.occasion == DRIFT and asked.trained_as_of == origin for asked, origin in newest)


@contextmanager
def timed(what: str, bar: str) -> Iterator[None]:
    """Print the wall time."""
    began = perf_counter()
    yield
    print(f"{what}: {perf_counter() - began:.1f} s; {bar}")


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sensors", type=int, default=SENSORS)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--processes", type=int, help="default: one for each core")
    given = parser.parse_args()
    show(given.sensors, given.days, given.processes)


if __name__ == "__main__":
    main()
