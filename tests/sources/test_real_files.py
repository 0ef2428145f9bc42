"""The real files and their defects, as the notes beside them describe them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from flex_pipeline.sources import read

AMSTERDAM, BRUSSELS = ZoneInfo("Europe/Amsterdam"), ZoneInfo("Europe/Brussels")


def local_day(sensor, text: str, folder: Path) -> pl.DataFrame:
    start = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(sensor.timezone))
    return read(sensor, start, start + timedelta(days=1), folder)


@pytest.fixture
def data(shared: Path) -> Path:
    return shared / "data"


@pytest.fixture
def dutch_price(make_sensor):
    source = {"csv": "prices_nl_load_de_2015_2024_hourly.csv", "column": "price_eur_mwh"}
    source |= {"time-column": "timestamp_local", "daylight-saving": "normalised"}
    return make_sensor(source, name="nl.day-ahead", unit="EUR/MWh", resolution="PT1H", kind="price")


@pytest.mark.parametrize(("day", "hours"), [("2022-03-27", 23), ("2022-06-01", 24), ("2022-10-30", 25)])
def test_normalised_dutch_prices_have_the_hours_of_the_day(dutch_price, data, day, hours) -> None:
    prices = local_day(dutch_price, day, data)
    assert prices.height == prices["event_start"].n_unique() == hours
    assert prices["value"].null_count() == 0


def test_ten_years_of_dutch_prices_have_no_gap_and_no_duplicate(dutch_price, data) -> None:
    start, end = datetime(2015, 1, 1, tzinfo=AMSTERDAM), datetime(2025, 1, 1, tzinfo=AMSTERDAM)
    prices = read(dutch_price, start, end, data)
    assert prices.height == 87_672  # 3653 days of 24 h: the spring hours lost and autumn hours won cancel
    assert prices["event_start"].diff().drop_nulls().unique().to_list() == [timedelta(hours=1)]
    assert prices["value"].min() == -500.0


@pytest.mark.parametrize(("day", "hours"), [("2022-03-27", 23), ("2022-10-30", 25), ("2023-10-29", 25)])
def test_belgian_wall_clock_prices_have_the_hours_of_the_day(make_sensor, data, day, hours) -> None:
    source = {"csv": "prices_be_2022_2024_local_dst.csv", "column": "price_eur_mwh"}
    sensor = make_sensor(
        source | {"time-column": "timestamp_local", "unit": "EUR/MWh"},
        unit="EUR/kWh",
        resolution="PT1H",
        kind="price",
        timezone="Europe/Brussels",
    )
    prices = local_day(sensor, day, data)
    assert prices.height == prices["event_start"].n_unique() == hours
    assert prices["value"].null_count() == 0
    if day == "2022-10-30":
        # the file has 100.22 and then 99.93 EUR/MWh at 02:00
        assert prices["value"][2:4].to_list() == pytest.approx([0.10022, 0.09993])


def test_a_home_that_is_silent_at_night_has_zero_then_and_gaps_by_day(make_sensor, data) -> None:
    source = {"csv": "household_fr_emhass_30min.csv", "column": "pv_w", "time-column": "timestamp_utc"}
    place = {
        "kind": "pv",
        "timezone": "Europe/Paris",
        "resolution": "PT30M",
        "latitude": 48.83,
        "longitude": 6.86,
    }
    window = datetime(2024, 2, 28, tzinfo=BRUSSELS), datetime(2025, 3, 1, tzinfo=BRUSSELS), data
    raw = read(make_sensor(source | {"unit": "W"}, **place), *window)["value"]
    filled = read(make_sensor(source | {"unit": "W", "empty": "zero-at-night"}, **place), *window)["value"]
    assert raw.null_count() == 8781
    assert 200 < filled.null_count() < 400  # by day: about as many as the 336 of the load
    assert filled.drop_nulls().sum() == pytest.approx(raw.drop_nulls().sum())
    assert filled.max() < 10  # kW


def test_the_load_of_that_home_keeps_its_gaps(make_sensor, data) -> None:
    source = {"csv": "household_fr_emhass_30min.csv", "column": "load_w", "time-column": "timestamp_utc"}
    sensor = make_sensor(source | {"unit": "W", "resolution": "PT30M"})
    load = read(sensor, datetime(2024, 2, 28, tzinfo=BRUSSELS), datetime(2025, 3, 1, tzinfo=BRUSSELS), data)
    assert load.height == 2 * 17_524
    assert load["value"].null_count() == 2 * 336


@pytest.mark.parametrize(("day", "steps"), [("2016-03-27", 92), ("2016-10-30", 100)])
def test_profiles_with_the_shape_of_real_clock_changes_are_read_whole(make_sensor, data, day, steps) -> None:
    source = {
        "parquet": "simbench_profiles_2016_15min.parquet",
        "column": "PV1",
        "time-column": "timestamp_local",
    }
    found = local_day(make_sensor(source, timezone="Europe/Berlin"), day, data)
    assert found.height == found["event_start"].n_unique() == steps


def test_spanish_stamps_with_offsets_are_read_with_their_gap(make_sensor, data) -> None:
    source = {"csv": "es_price_generation_2015_2018_gaps.csv", "column": "price_actual"}
    sensor = make_sensor(source, unit="EUR/MWh", resolution="PT1H", kind="price", timezone="Europe/Madrid")
    assert local_day(sensor, "2015-01-05", data).height == 24 - 7


def test_bangkok_and_a_solar_competition_are_read_in_their_units(make_sensor, data) -> None:
    bangkok = {
        "csv": "cuee_pv8kw_nwp_2023_2024_15min.csv",
        "column": "Ptot (kW)",
        "time-column": "timestamp_local_ict",
    }
    pv = local_day(make_sensor(bangkok, timezone="Asia/Bangkok"), "2024-03-01", data)
    assert pv.height == 96
    ending = {"csv": "gefcom2014_solar_zone1_hourly.csv", "column": "2T", "time-column": "timestamp_utc"}
    ending |= {"timezone": "UTC", "unit": "K", "stamp": "end"}
    sensor = make_sensor(ending, unit="degC", resolution="PT1H", kind="temperature", timezone="UTC")
    air = local_day(sensor, "2012-04-01", data)
    assert air.height == 24  # stamped 01:00 to 24:00
    assert air["value"][0] == pytest.approx(294.4484863 - 273.15)


def test_homes_metered_in_energy_are_read_as_power(make_sensor, data) -> None:
    source = {"parquet": "citylearn2022_17homes_hourly.parquet", "column": "b1_load_kwh", "unit": "kWh"}
    source |= {"time-column": "timestamp_local_standard", "timezone": "Etc/GMT+8"}
    sensor = make_sensor(source, resolution="PT1H", timezone="America/Los_Angeles")
    start = datetime(2016, 7, 31, 23, tzinfo=ZoneInfo("Etc/GMT+8"))
    assert read(sensor, start, start + timedelta(hours=1), data)["value"].to_list() == pytest.approx([2.2758])
