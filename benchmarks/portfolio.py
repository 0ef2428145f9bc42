"""A portfolio of many homes with simulated sensors, and what a warehouse believes about one of their days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Engine

from flex_pipeline.planning import configuration
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.sources import read, source_name
from flex_pipeline.timeseries.grid import local_day
from flex_pipeline.warehouse.beliefs import store_forecasts, store_readings
from flex_pipeline.warehouse.portfolios import store_portfolio

DEVICES_PER_SITE = 3
SHARED = """
settings: {planning-time: "13:15", look-ahead: PT%(look_ahead_hours)dH}
sensors:
  nl.day-ahead:
    {unit: EUR/MWh, resolution: PT1H, kind: price, known: {day-ahead: "13:00"},
     source: {simulated: price, level: 85 EUR/MWh}}
"""
HOME = """
site: %(site)s
location: {latitude: %(latitude).2f, longitude: 4.90}
sensors:
  %(site)s.load:
    {unit: kW, resolution: PT15M, kind: load, known: {day-ahead: "06:00"},
     source: {simulated: load, profile: home, yearly: %(yearly_kwh)d kWh}}
  %(site)s.pv:
    {unit: kW, resolution: PT15M, kind: pv, capacity: 6 kW, known: {day-ahead: "06:00"},
     source: {simulated: pv, peak: %(peak_kw).1f kW}}
  %(site)s.ev-availability:
    {unit: kW, resolution: PT15M, kind: availability, known: {day-ahead: "06:00"},
     source: {simulated: ev-availability, charger: 11 kW}}
  %(site)s.ev-driving:
    {unit: kW, resolution: PT15M, kind: usage, known: {day-ahead: "06:00"}, source: {simulated: ev-driving}}
  %(site)s.ev-departure-soc:
    {unit: kWh, resolution: PT15M, kind: soc-minima, known: {day-ahead: "06:00"},
     source: {simulated: ev-departure-soc, reserve: 12 kWh}}
flex-context:
  consumption-price: {sensor: nl.day-ahead, plus: 0.12 EUR/kWh}
  production-price: {sensor: nl.day-ahead}
  site-power-capacity: 17 kVA
  inflexible-consumption: [{sensor: %(site)s.load}]
  inflexible-production: [{sensor: %(site)s.pv}]
devices:
  battery:
    flex-model:
      {soc-at-start: 5 kWh, soc-min: 1 kWh, soc-max: 10 kWh, power-capacity: 5 kW, roundtrip-efficiency: 90%%}
  ev:
    flex-model:
      soc-at-start: 30 kWh
      soc-min: 6 kWh
      soc-max: 60 kWh
      soc-minima: {sensor: %(site)s.ev-departure-soc}
      soc-usage: [{sensor: %(site)s.ev-driving}]
      power-capacity: 11 kW
      consumption-capacity: {sensor: %(site)s.ev-availability}
      production-capacity: 0 kW
      charging-efficiency: 92%%
  boiler:
    flex-model:
      soc-at-start: 3 kWh
      soc-max: 8 kWh
      soc-usage: ["0.25 kW"]
      power-capacity: 2.5 kW
      production-capacity: 0 kW
"""


def write_portfolio(folder: Path, sites: int, look_ahead_hours: int) -> Portfolio:
    """Homes that differ in size and place, each with a battery, a car and a boiler."""
    (folder / "portfolio.yaml").write_text(SHARED % {"look_ahead_hours": look_ahead_hours})
    for i in range(sites):
        home = {
            "site": f"home-{i:05}",
            "latitude": 51.0 + i % 20 / 10,
            "yearly_kwh": 2500 + 100 * (i % 30),
            "peak_kw": 3 + i % 7 / 2,
        }
        (folder / f"{home['site']}.yaml").write_text(HOME % home)
    return configuration.load(folder)


def store_beliefs(engine: Engine, portfolio: Portfolio, day: date) -> int:
    """The portfolio, readings of a day, and forecasts of its look-ahead: what planning reads. Gives the rows."""
    planned_at = portfolio.settings.planned_at(day)
    with engine.begin() as session:
        store_portfolio(session, portfolio)
        known = _simulated(portfolio, day, day, planned_at)
        ahead = _simulated(portfolio, day + timedelta(days=1), day + timedelta(days=1), planned_at)
        rows = store_readings(session, known, planned_at)
        forecast = ahead.drop_nulls("value").with_columns(quantile=pl.lit(0.5), source=pl.lit("perfect"))
        return rows + store_forecasts(session, forecast)


def _simulated(portfolio: Portfolio, first: date, last: date, believed: datetime) -> pl.DataFrame:
    parts = []
    for name, sensor in portfolio.sensors.items():
        zone = ZoneInfo(sensor.timezone)
        start = local_day(first, zone, sensor.resolution).start_utc
        end = local_day(last, zone, sensor.resolution).end_utc
        parts.append(
            read(sensor, start, end, portfolio.folder).select(
                pl.lit(name).alias("sensor"),
                "event_start",
                pl.lit(believed).cast(pl.Datetime("us", "UTC")).alias("belief_time"),
                pl.lit(source_name(sensor)).alias("source"),
                "value",
            )
        )
    return pl.concat(parts)
