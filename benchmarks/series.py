"""Public series with the protocol that their forecasts are scored by: rolling origin, one origin a day.

Each is read from a folder with the files; they are no part of the project.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from flex_pipeline.forecasting.backtest import Backtest, Trainer, backtest
from flex_pipeline.forecasting.ladder import train
from flex_pipeline.portfolio.sensor import Sensor

DAY = timedelta(days=1)
# in this file only precipitation is accumulated from 00:00 UTC on: at night SSRD is 0, not the total of the day
ACCUMULATED = "TP"
WEATHER = ("tclw", "tciw", "SP", "r", "TCC", "10u", "10v", "2T", "SSRD", "STRD", "TSR", ACCUMULATED)
CANBERRA: dict[str, Any] = {
    "latitude": -35.3,
    "longitude": 149.1,
}  # the file does not say where it is; this fits
BANGKOK: dict[str, Any] = {"latitude": 13.74, "longitude": 100.53}
LORRAINE: dict[str, Any] = {"latitude": 48.83, "longitude": 6.86}


@dataclass(frozen=True)
class Series:
    """`history` and what is forecast of it: `days` origins from `first` on, each `horizon` ahead."""

    name: str
    history: pl.DataFrame
    sensor: Sensor
    first: datetime
    days: int
    horizon: timedelta = 2 * DAY
    retrain_days: int = 7

    def backtest(self, retrain_days: int | None = None, trained: Trainer = train) -> Backtest:
        """The forecasts and their scores; for comparisons trained otherwise."""
        return backtest(
            self.history,
            self.sensor,
            first=self.first,
            days=self.days,
            horizon=self.horizon,
            retrain_days=retrain_days or self.retrain_days,
            trained=trained,
        )

    def before_test(self, days: int) -> Series:
        """The days before the first origin, from whose forecasts settings may be chosen; nothing later is kept."""
        return replace(
            self,
            history=self.history.filter(pl.col("event_start") < self.first.astimezone(UTC)),
            first=self.first - days * DAY,
            days=days,
        )


def household(data: Path) -> Series:
    """A French household by the hour [kW], 48 h from each local midnight of 84 winter days, trained weekly."""
    history = _hourly(_french(data, "load_w"))
    first = datetime(2024, 12, 5, tzinfo=ZoneInfo("Europe/Paris"))
    return Series("household FR", history, _sensor("load", "Europe/Paris"), first, 84)


def gefcom(data: Path) -> Series:
    """GEFCom2014, zone 1 [share of capacity]: 24 h from 00:00 UTC, a year, ECMWF weather, trained every 28 days."""
    frame = pl.read_csv(data / "gefcom2014_solar_zone1_hourly.csv", try_parse_dates=True)
    end = pl.col("timestamp_utc").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    total, day = pl.col(ACCUMULATED), pl.col("event_start").dt.date()
    history = frame.select(event_start=end - timedelta(hours=1), value="POWER", **{n: n for n in WEATHER})
    history = history.with_columns(total - total.shift(1).over(day).fill_null(0.0))
    sensor = _sensor("pv", "UTC", **CANBERRA)
    return Series("PV GEFCom2014", history, sensor, datetime(2013, 7, 2, tzinfo=UTC), 364, DAY, 28)


def german_load(data: Path) -> Series:
    """The load of Germany by the hour [MW], half a year."""
    frame = pl.read_csv(data / "prices_nl_load_de_2015_2024_hourly.csv")
    load = _local(frame, "timestamp_local", "Europe/Berlin", value="load_mw")
    return _last_days("load DE", load, _sensor("load", "Europe/Berlin"), 182, retrain_days=14)


def others(data: Path) -> Iterator[Series]:
    """What else there is, as a check that the rules hold elsewhere; the last days of each file, files that exist."""
    readers = {
        "household_fr_emhass_30min.csv": _french_pv,
        "cuee_pv8kw_nwp_2023_2024_15min.csv": _bangkok_pv,
        "prices_nl_load_de_2015_2024_hourly.csv": lambda data: iter([german_load(data)]),
        "citylearn2022_17homes_hourly.parquet": _californian_homes,
        "simbench_profiles_2016_15min.parquet": _simbench,
        "ev_sessions_epfl_level3_2022_2023.csv": _fast_charger,
    }
    for name, read in readers.items():
        if (data / name).exists():
            yield from read(data)


def _french_pv(data: Path) -> Iterator[Series]:
    pv = _french(data, "pv_w", "pv_forecast_w").with_columns(pl.col("value", "pv_forecast_w").fill_null(0.0))
    sensor = _sensor("pv", "Europe/Paris", "PT30M", **LORRAINE)
    first = datetime(2024, 12, 5, tzinfo=ZoneInfo("Europe/Paris"))
    yield Series("PV FR", pv.select("event_start", "value"), sensor, first, 84, DAY, 28)
    yield Series("PV FR, provider's forecast", pv, sensor, first, 84, DAY, 28)


def _bangkok_pv(data: Path) -> Iterator[Series]:
    frame = pl.read_csv(data / "cuee_pv8kw_nwp_2023_2024_15min.csv", infer_schema_length=None)
    pv = _local(frame, "timestamp_local_ict", "Asia/Bangkok", value="Ptot (kW)", sun="Inwp", air="Tnwp")
    sensor = _sensor("pv", "Asia/Bangkok", "PT15M", **BANGKOK)
    yield _last_days("PV Bangkok", pv.select("event_start", "value"), sensor, 182, DAY, 28)
    yield _last_days("PV Bangkok, weather forecast", pv, sensor, 182, DAY, 28)


def _californian_homes(data: Path) -> Iterator[Series]:
    frame = pl.read_parquet(data / "citylearn2022_17homes_hourly.parquet")
    for home in (1, 4, 9):
        load = _local(frame, "timestamp_local_standard", "Etc/GMT+8", value=f"b{home}_load_kwh")
        yield _last_days(f"home {home} CA", load, _sensor("load", "Etc/GMT+8"), 84, retrain_days=14)


def _simbench(data: Path) -> Iterator[Series]:
    frame = pl.read_parquet(data / "simbench_profiles_2016_15min.parquet")
    of = {
        "shop": "G0-A",
        "heat pump": "Air_Parallel_1",
        "EV at home": "HLS_A_11.0",
        "EVs at work": "APLS_A_22.0",
    }
    for name, column in of.items():
        load = _local(frame, "timestamp_local", "Europe/Berlin", value=f"{column}_pload")
        sensor = _sensor("load", "Europe/Berlin", "PT15M")
        yield _last_days(f"{name} (SimBench)", load, sensor, 84, retrain_days=14)


def _fast_charger(data: Path) -> Iterator[Series]:
    """Sessions, their energy spread evenly over their stay."""
    frame = pl.read_csv(data / "ev_sessions_epfl_level3_2022_2023.csv", try_parse_dates=True)
    minutes = frame.filter(pl.col("stay_min") > 0).select(
        minute=pl.datetime_ranges("arrival", "departure", "1m", closed="left"),
        value=pl.col("energy_wh") * 0.06 / pl.col("stay_min"),  # kWh a minute, as kW
    )
    power = (
        minutes.explode("minute")
        .group_by(pl.col("minute").dt.truncate("15m"))
        .agg(pl.col("value").sum() / 15)
    )
    steps = power.sort("minute").upsample("minute", every="15m")["minute"]
    whole = pl.DataFrame({"minute": steps}).join(power, on="minute", how="left").fill_null(0.0)
    load = _local(whole, "minute", "Europe/Zurich", value="value")
    yield _last_days("fast charger", load, _sensor("load", "Europe/Zurich", "PT15M"), 84, retrain_days=14)


def _french(data: Path, column: str, *published: str) -> pl.DataFrame:
    start = pl.col("timestamp_utc").str.to_datetime(time_unit="us", time_zone="UTC")
    frame = pl.read_csv(data / "household_fr_emhass_30min.csv")
    return frame.select(start.alias("event_start"), pl.col(column, *published) / 1000).rename(
        {column: "value"}
    )


def _local(frame: pl.DataFrame, time: str, timezone: str, **columns: str) -> pl.DataFrame:
    """Columns under other names, by UTC; of an hour that comes twice the first, none that the clock skips."""
    local = pl.col(time).str.to_datetime() if frame[time].dtype == pl.String else pl.col(time)
    aware = local.cast(pl.Datetime("us")).dt.replace_time_zone(
        timezone, ambiguous="earliest", non_existent="null"
    )
    by_utc = frame.select(event_start=aware.dt.convert_time_zone("UTC"), **columns)
    return by_utc.drop_nulls("event_start").unique("event_start", keep="first").sort("event_start")


def _hourly(history: pl.DataFrame) -> pl.DataFrame:
    return history.group_by_dynamic("event_start", every="1h").agg(pl.col("value").mean())


def _last_days(
    name: str,
    history: pl.DataFrame,
    sensor: Sensor,
    days: int,
    horizon: timedelta = 2 * DAY,
    retrain_days: int = 7,
) -> Series:
    """From the local midnight that many days before the last one."""
    end = (
        history.filter(pl.col("value").is_not_null())["event_start"]
        .dt.convert_time_zone(sensor.timezone)
        .max()
    )
    assert isinstance(end, datetime)
    first = end.replace(hour=0, minute=0) - (days - 1) * DAY
    return Series(name, history, sensor, first, days, horizon, retrain_days)


def _sensor(kind: str, timezone: str, resolution: str = "PT1H", **place: Any) -> Sensor:
    stated = {"name": "benchmark", "unit": "kW", "source": {}, "kind": kind, "timezone": timezone}
    return Sensor.model_validate({**stated, "resolution": resolution, **place})
