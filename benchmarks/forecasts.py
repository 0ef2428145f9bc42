"""Forecasts scored on public data, each by the protocol it is published with.

    python -m benchmarks.forecasts prices DATA DE BE NP
    python -m benchmarks.forecasts load DATA
    python -m benchmarks.forecasts pv DATA

DATA is a folder with the files; they are no part of the project. CPU seconds are those of this process.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from rich.console import Console
from rich.table import Table

from benchmarks.price_markets import TEST_DAYS, read_market
from flex_pipeline.forecasting.backtest import Backtest, backtest
from flex_pipeline.forecasting.prices.rolling import forecast_days
from flex_pipeline.forecasting.scores import mae
from flex_pipeline.portfolio.sensor import Sensor

HOURLY = {"name": "benchmark", "unit": "kW", "resolution": "PT1H", "source": {}}
NEAR_THE_PLANT = {"latitude": -35.3, "longitude": 149.1}  # the file does not say where it is; Canberra fits
# in this file only precipitation is accumulated from 00:00 UTC on: by night SSRD is 0, not the total of the day
ACCUMULATED = ("TP",)
WEATHER = ("tclw", "tciw", "SP", "r", "TCC", "10u", "10v", "2T", "SSRD", "STRD", "TSR", *ACCUMULATED)
# recomputed from the forecasts that Lago et al. published, over all 728 days
PUBLISHED = {"NP": (1.738, 1.683), "PJM": (3.013, 2.862), "BE": (6.140, 5.870), "FR": (3.980, 3.866)}
PUBLISHED |= {"DE": (3.609, 3.413)}


def main() -> None:
    """Score what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["prices", "load", "pv"])
    parser.add_argument("data", type=Path)
    parser.add_argument("markets", nargs="*", default=["DE", "BE", "NP"])
    asked = parser.parse_args()
    if asked.what == "prices":
        prices(asked.data, asked.markets)
    elif asked.what == "load":
        load(asked.data)
    else:
        pv(asked.data)


def load(data: Path) -> None:
    """A French household by the hour [kW], 48 h from each local midnight of 84 winter days, trained weekly."""
    frame = pl.read_csv(data / "household_fr_emhass_30min.csv").select(
        event_start=pl.col("timestamp_utc").str.to_datetime(time_unit="us", time_zone="UTC"),
        value=pl.col("load_w") / 1000,
    )
    hourly = frame.group_by_dynamic("event_start", every="1h").agg(pl.col("value").mean())
    sensor = Sensor.model_validate(HOURLY | {"kind": "load", "timezone": "Europe/Paris"})
    show(backtest(hourly, sensor, first=datetime(2024, 12, 5, tzinfo=ZoneInfo("Europe/Paris")), days=84))


def pv(data: Path) -> None:
    """GEFCom2014, zone 1 [share of capacity]: 24 h from 00:00 UTC, a year, ECMWF weather, trained every 28 days."""
    frame = pl.read_csv(data / "gefcom2014_solar_zone1_hourly.csv", try_parse_dates=True)
    end = pl.col("timestamp_utc").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    history = frame.select(
        event_start=end - timedelta(hours=1), value="POWER", **{name: name for name in WEATHER}
    ).with_columns(_each_hour(name) for name in ACCUMULATED)
    sensor = Sensor.model_validate(HOURLY | {"kind": "pv", "timezone": "UTC"} | NEAR_THE_PLANT)
    first, year = datetime(2013, 7, 2, tzinfo=UTC), timedelta(days=364)
    show(backtest(history, sensor, first=first, days=year.days, horizon=timedelta(hours=24), retrain_days=28))


def _each_hour(name: str) -> pl.Expr:
    """What is accumulated from 00:00 UTC on, hour by hour."""
    total = pl.col(name)
    return total - total.shift(1).over(pl.col("event_start").dt.date()).fill_null(0.0)


def show(done: Backtest) -> None:
    """One row of scores."""
    scores = done.scores
    table = Table("MAE", "MAE of d-7", "pinball", "within 80 %", "training CPU [s]")
    numbers = (f"{score:.4f}" for score in (scores.mae, scores.mae_naive, scores.pinball))
    table.add_row(*numbers, f"{scores.coverage:.1%}", f"{done.cpu_s:.0f}")
    Console().print(table)


def prices(data: Path, names: list[str]) -> None:
    """728 days of each market: mean absolute error beside the published ensembles."""
    table = Table("market", "MAE", "MAE of d-7", "published LEAR", "published DNN", "CPU [s]")
    for name in names:
        market = read_market(data / f"epf_{name}.csv")
        first, began = market.days - TEST_DAYS, time.process_time()
        forecast = forecast_days(market, first, TEST_DAYS)
        took, actual = time.process_time() - began, market.prices[first:]
        naive = market.prices[first - 7 : -7]
        errors = (mae(forecast, actual), mae(naive, actual), *PUBLISHED.get(name, ()))
        table.add_row(name, *(f"{error:.3f}" for error in errors), f"{took:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
