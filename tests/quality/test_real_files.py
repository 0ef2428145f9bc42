"""Each real file, whole, day by day: the defects that the notes beside it name are found, and no others of note.

Warnings that judge the market or the weather (drift, spikes of prices) are not defects of a file.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from flex_pipeline.quality.sessions import judge_sessions
from flex_pipeline.quality.verdict import Verdict
from flex_pipeline.sources import Window, fetch
from tests.quality.whole_files import LATER, faults, sensor

MARKET = {"drift", "spike"}
DUTCH = {
    "csv": "prices_nl_load_de_2015_2024_hourly.csv",
    "time-column": "timestamp_local",
    "daylight-saving": "normalised",
}
HOUSEHOLD = {
    "csv": "household_fr_emhass_30min.csv",
    "time-column": "timestamp_utc",
    "timezone": "UTC",
    "unit": "W",
}
SPAIN = {"csv": "es_price_generation_2015_2018_gaps.csv"}
BANGKOK = {"csv": "cuee_pv8kw_nwp_2023_2024_15min.csv", "time-column": "timestamp_local_ict"}


@pytest.fixture
def data(shared: Path) -> Path:
    if not (shared / "data").is_dir():
        pytest.skip("the real files are not here")
    return shared / "data"


def steps(verdicts: dict[date, Verdict]) -> int:
    """Of how many steps the verdicts complain."""
    return sum(int(verdict.observed.split()[0]) for verdict in verdicts.values())


def runs(verdicts: dict[date, Verdict]) -> int:
    """How many stretches of one value the verdicts found, some of which lie on two days."""
    rows = pl.DataFrame([row for verdict in verdicts.values() for row in verdict.rows]).sort("event_start")
    is_new = (pl.col("value") != pl.col("value").shift(1)) | (
        pl.col("event_start").diff().dt.total_hours() > 1
    )
    return 1 + int(rows.select(is_new.sum()).item())


def test_belgian_prices_have_only_the_two_clock_changes_a_year(data: Path) -> None:
    source = {
        "csv": "prices_be_2022_2024_local_dst.csv",
        "column": "price_eur_mwh",
        "time-column": "timestamp_local",
    }
    prices = sensor("price", "EUR/MWh", "Europe/Brussels", source)

    found, notices = faults(prices, date(2022, 1, 1), date(2024, 7, 28), data)

    assert found.keys() <= MARKET  # 618 negative hours and 871 EUR/MWh are a market
    twice, never = notices
    assert "2022-10-30 02:00" in twice
    assert "(4 rows)" in twice  # in October 2022 and 2023
    assert "2022-03-27 02:00" in never
    assert "(3 rows)" in never  # in March 2022, 2023 and 2024


def test_dutch_prices_of_ten_years_have_no_defect(data: Path) -> None:
    prices = sensor("price", "EUR/MWh", "Europe/Amsterdam", DUTCH | {"column": "price_eur_mwh"})

    found, _ = faults(prices, date(2015, 1, 1), date(2024, 12, 31), data)

    assert found.keys() <= MARKET


def test_a_load_that_is_doubled_every_october_stands_out(data: Path) -> None:
    expected = {"maximum": 100_000, "drift": None}
    load = sensor("load", "MW", "Europe/Berlin", DUTCH | {"column": "load_mw"}, quality=expected)

    found, _ = faults(load, date(2015, 1, 1), date(2024, 12, 31), data)

    assert found.keys() == {"spike"}
    # the last Sundays of October; before 2015's there are weeks to compare with, too
    sundays = {
        date(y, 10, d)
        for y, d in zip(range(2015, 2025), (25, 30, 29, 28, 27, 25, 31, 30, 29, 27), strict=True)
    }
    assert sundays <= found["spike"].keys()
    assert len(found["spike"].keys() - sundays) <= 6


@pytest.mark.parametrize(
    ("name", "zone", "column", "first", "last"),
    [
        ("NP", "Europe/Oslo", "Price", date(2013, 1, 1), date(2018, 12, 24)),
        ("BE", "Europe/Brussels", "Prices", date(2011, 1, 9), date(2016, 12, 31)),
        ("DE", "Europe/Berlin", "Price", date(2012, 1, 9), date(2017, 12, 31)),
    ],
)
def test_benchmark_markets_have_no_defect(
    data: Path, name: str, zone: str, column: str, first: date, last: date
) -> None:
    source = {"csv": f"epf_{name}.csv", "column": column, "daylight-saving": "normalised"}
    found, _ = faults(sensor("price", "EUR/MWh", zone, source), first, last, data)

    assert found.keys() <= MARKET
    if name == "BE":
        assert "2999 EUR/MWh" in found["spike"][date(2011, 3, 28)].observed


def test_a_load_forecast_that_is_stuck_for_25_hours_is_found(data: Path) -> None:
    source = {"csv": "epf_DE.csv", "column": "Ampirion Load Forecast", "daylight-saving": "normalised"}
    load = sensor("load", "MW", "Europe/Berlin", source, quality={"maximum": 100_000})

    found, _ = faults(load, date(2012, 1, 9), date(2017, 12, 31), data)

    assert found.keys() - {"drift"} == {"flat"}
    assert [verdict.observed for verdict in found["flat"].values()] == [
        "24 of 24 steps stuck at one value, first 16037 MW for 25 h around 2015-06-14T00:00+02:00"
    ]


@pytest.mark.parametrize(("column", "stretches"), [("generation_solar", 154), ("generation_fossil_oil", 50)])
def test_the_spanish_file_lacks_25_hours_and_is_stuck_for_six_hours_many_times(
    data: Path, column: str, stretches: int
) -> None:
    # so that six equal hours are too many
    expected = {"maximum": 10_000, "flat-after": "PT5H30M", "drift": None, "spike": None}
    power = sensor("load", "MW", "Europe/Madrid", SPAIN | {"column": column}, quality=expected)

    found, _ = faults(power, date(2015, 1, 1), date(2018, 8, 4), data)

    assert found.keys() - {"unit"} == {"completeness", "flat"}
    assert steps(found["completeness"]) == 25
    assert found["completeness"][date(2015, 1, 5)].observed.startswith("7 of 24 steps missing")
    assert runs(found["flat"]) == stretches


def test_spanish_prices_lack_the_same_25_hours(data: Path) -> None:
    prices = sensor("price", "EUR/MWh", "Europe/Madrid", SPAIN | {"column": "price_actual"})

    found, _ = faults(prices, date(2015, 1, 1), date(2018, 8, 4), data)

    assert found.keys() - MARKET == {"completeness"}
    assert steps(found["completeness"]) == 25


def test_the_household_lacks_336_half_hours_of_load_and_has_13_zeros(data: Path) -> None:
    never_nothing = {"minimum": 1e-6, "severity": {"minimum": "warning"}}
    load = sensor(
        "load", "kW", "Europe/Paris", HOUSEHOLD | {"column": "load_w"},
        resolution="PT30M", capacity=12, quality=never_nothing,
    )  # fmt: skip

    found, _ = faults(load, date(2024, 2, 28), date(2025, 2, 27), data)

    assert found.keys() == {"completeness", "minimum", "flat"}  # zeros on both sides of a gap
    assert steps(found["completeness"]) == 336 + 44  # the file begins at 22:00
    assert steps(found["minimum"]) == 13
    assert min(found["flat"]) >= date(2024, 3, 12)
    assert max(found["flat"]) <= date(2024, 3, 19)


@pytest.mark.parametrize(
    ("column", "others"), [("pv_w", set()), ("pv_forecast_w", {"minimum", "unit", "night", "flat"})]
)
def test_the_panels_of_the_household_are_silent_at_night_and_lack_some_daylight(
    data: Path, column: str, others: set[str]
) -> None:
    pv = sensor(
        "pv", "kW", "Europe/Paris", HOUSEHOLD | {"column": column, "empty": "zero-at-night"},
        resolution="PT30M", capacity=6, latitude=48.83, longitude=6.86,
    )  # fmt: skip

    found, _ = faults(pv, date(2024, 2, 28), date(2025, 2, 27), data)

    assert found.keys() - {"drift"} == {"completeness", "clock", *others}
    assert len(found["clock"]) <= 7  # of 365 days in time, see `time_shift.BETTER_BY`
    if others:
        assert steps(found["minimum"]) == 728  # slightly negative


def test_four_homes_without_load_for_long_are_found_among_seventeen(data: Path) -> None:
    never_nothing = {"minimum": 1e-9, "severity": {"minimum": "warning"}, "drift": None, "spike": None}
    source = {"parquet": "citylearn2022_17homes_hourly.parquet", "unit": "kWh", "timezone": "Etc/GMT+8"}
    source["time-column"] = "timestamp_local_standard"
    homes = [
        sensor(
            "load",
            "kW",
            "Etc/GMT+8",
            source | {"column": f"b{i}_load_kwh"},
            quality=never_nothing,
            name=f"b{i}",
        )
        for i in range(1, 18)
    ]

    zeros = {}
    for home in homes:
        found, _ = faults(home, date(2016, 7, 31), date(2017, 7, 31), data)
        assert found.keys() <= {"minimum", "flat", "completeness"}
        assert steps(found["completeness"]) == 23 + 1  # of the first and the last day
        zeros[home.name] = steps(found.get("minimum", {}))

    assert {name: n for name, n in zeros.items() if n > 300} == {
        "b7": 1137,
        "b12": 4543,
        "b14": 936,
        "b15": 4367,
    }


def test_a_solar_competition_has_no_gap(data: Path) -> None:
    source = {"csv": "gefcom2014_solar_zone1_hourly.csv", "column": "POWER", "time-column": "timestamp_utc"}
    source |= {"timezone": "UTC", "stamp": "end", "unit": "dimensionless", "capacity": "1.56 kW"}
    # the place is not told; as a load, that it follows the sun is not looked at
    pv = sensor("load", "kW", "UTC", source, capacity=1.56, quality={"drift": None, "spike": None})

    found, _ = faults(pv, date(2012, 4, 1), date(2014, 6, 30), data)

    assert found.keys() <= {"flat"}  # its nights


@pytest.mark.parametrize(
    ("column", "kind", "unit", "missing"),
    [("Ptot (kW)", "pv", "kW", 11_904), ("Irradiance (W/m2)", "irradiance", "W/m2", 7_392)],
)
def test_bangkok_has_its_gaps(data: Path, column: str, kind: str, unit: str, missing: int) -> None:
    place = {"latitude": 13.73, "longitude": 100.53, "resolution": "PT15M"}
    capacity = {"capacity": 8} if kind == "pv" else {}
    judged = sensor(kind, unit, "Asia/Bangkok", BANGKOK | {"column": column}, **place, **capacity)

    found, _ = faults(judged, date(2023, 1, 1), date(2024, 12, 31), data)

    assert found.keys() - {"drift"} == {"completeness", "clock"}
    assert steps(found["completeness"]) == missing
    assert len(found["clock"]) <= 10  # of 600 days in time, see `time_shift.BETTER_BY`


def test_profiles_with_real_clock_changes_have_no_defect(data: Path) -> None:
    source = {"parquet": "simbench_profiles_2016_15min.parquet", "time-column": "timestamp_local"}
    for column in ("H0-A_pload", "G1-A_pload"):
        load = sensor("load", "kW", "Europe/Berlin", source | {"column": column}, resolution="PT15M")
        found, notices = faults(load, date(2016, 1, 1), date(2016, 12, 31), data)
        assert found.keys() <= {"drift"}
        assert [notice[:10] for notice in notices] in ([], ["2016-10-30"])


def test_a_log_of_charging_sessions_has_the_defects_of_its_batteries(data: Path) -> None:
    source = {
        "csv": "ev_sessions_epfl_level3_2022_2023.csv", "time-column": "arrival", "departure-column": "departure",
        "column": "energy_wh", "unit": "Wh", "battery-column": "energy_capacity_wh", "plug-column": "plug",
        "session-column": "session",
    }  # fmt: skip
    charger = sensor("ev-session", "kWh", "Europe/Zurich", source, capacity=172.5)
    first, last = datetime(2022, 4, 1, tzinfo=UTC), datetime(2023, 8, 1, tzinfo=UTC)

    sessions = fetch(charger, Window.of(first, last, LATER), data).values.rename(
        {"event_start": "plugged_in", "value": "energy_kwh"}
    )
    days = [first.date() + timedelta(days=i) for i in range((last - first).days)]
    found: dict[str, int] = {}
    for verdict in judge_sessions(sessions.with_columns(sensor=pl.lit(charger.name)), [charger], days):
        found[verdict.expectation] = found.get(verdict.expectation, 0) + int(verdict.observed.split()[0])

    assert sessions.height == 1878
    assert found.pop("smallest-battery") + found.pop("largest-battery") == 13
    assert {rule: n for rule, n in found.items() if n} == {"energy-in-battery": 18}
