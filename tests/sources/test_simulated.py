"""What holds for every simulated series, and the look of each."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import SourceError, read, source_name

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOWHERE = Path()
SERIES = {
    "price": ({"simulated": "price"}, "EUR/MWh"),
    "pv": ({"simulated": "pv", "peak": "6 kW"}, "kW"),
    "load": ({"simulated": "load", "profile": "home", "yearly": "3500 kWh"}, "kW"),
    "temperature": ({"simulated": "temperature"}, "degC"),
    "irradiance": ({"simulated": "irradiance"}, "W/m^2"),
    "heat": ({"simulated": "hot-water", "yearly": "30 MWh"}, "kW"),
    "efficiency": ({"simulated": "cop"}, "dimensionless"),
    "availability": ({"simulated": "ev-availability", "charger": "11 kW"}, "kW"),
    "usage": ({"simulated": "ev-driving"}, "kW"),
    "soc-minima": ({"simulated": "ev-departure-soc"}, "kWh"),
}
each_series = pytest.mark.parametrize("kind", SERIES)


@pytest.fixture
def simulated(make_sensor):
    def make(kind: str, **changes) -> Sensor:
        source, unit = SERIES[kind]
        return make_sensor(
            source | changes.pop("source", {}), name=f"home-01.{kind}", kind=kind, unit=unit, **changes
        )

    return make


def on(sensor: Sensor, first: str, days: int = 1) -> pl.DataFrame:
    start = datetime.fromisoformat(first).replace(tzinfo=ZoneInfo(sensor.timezone))
    return read(sensor, start, start + timedelta(days=days), NOWHERE)


@each_series
def test_a_day_is_the_same_alone_and_within_a_month(simulated, kind) -> None:
    sensor = simulated(kind)
    month = on(sensor, "2026-10-10", days=31)
    for day in ("2026-10-10", "2026-10-25", "2026-11-09"):
        alone = on(sensor, day)
        assert alone.equals(month.join(alone.select("event_start"), on="event_start"))


@each_series
def test_part_of_a_day_is_the_same_as_in_the_whole(simulated, kind) -> None:
    sensor = simulated(kind)
    start = datetime(2026, 6, 1, 8, 15, tzinfo=AMSTERDAM)
    part = read(sensor, start, start + timedelta(minutes=30), NOWHERE)
    assert part.equals(on(sensor, "2026-06-01").slice(33, 2))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-06-01", 24), ("2026-10-25", 25)])
@each_series
def test_a_day_has_all_its_steps(simulated, kind, day, hours) -> None:
    fine, coarse = on(simulated(kind), day), on(simulated(kind, resolution="PT1H"), day)
    assert (fine.height, coarse.height) == (4 * hours, hours)
    assert fine["event_start"].diff().drop_nulls().unique().to_list() == [timedelta(minutes=15)]
    if kind != "soc-minima":
        assert fine["value"].is_finite().all()
        assert fine["value"].null_count() == 0


def test_values_are_the_same_on_every_machine(simulated) -> None:
    # pinned when the series were first looked at; a change of these numbers changes what users have stored
    text = "".join(f"{kind}{on(simulated(kind), '2026-06-01')['value'].to_list()}" for kind in SERIES)
    assert sha256(text.encode()).hexdigest()[:16] == "03c72447c16b3780"


def test_another_seed_is_another_chance_and_the_same_seed_the_same(simulated) -> None:
    load = on(simulated("load"), "2026-06-01")
    other = on(simulated("load", source={"seed": "neighbour"}), "2026-06-01")
    same = on(simulated("load", source={"seed": "home-01.load"}), "2026-06-01")
    assert not load.equals(other)
    assert load.equals(same)


def test_values_come_in_the_unit_of_the_sensor(make_sensor, simulated) -> None:
    per_mwh = on(simulated("price"), "2026-06-01")["value"]
    per_kwh = on(
        make_sensor({"simulated": "price"}, name="home-01.price", kind="price", unit="EUR/kWh"), "2026-06-01"
    )
    assert per_kwh["value"].to_list() == pytest.approx((per_mwh / 1000).to_list())


def test_a_unit_that_does_not_fit_is_named(make_sensor) -> None:
    with pytest.raises(SourceError, match=r'sensor home-01\.load, unit\n  "kWh" is not a unit for price'):
        on(make_sensor({"simulated": "price"}, unit="kWh"), "2026-06-01")


def test_weather_needs_a_place_and_a_shared_car_a_seed(make_sensor) -> None:
    nowhere = {"latitude": None, "longitude": None, "site": None}
    with pytest.raises(SourceError, match="simulated for a latitude"):
        on(make_sensor({"simulated": "temperature"}, unit="degC", **nowhere), "2026-06-01")
    with pytest.raises(SourceError, match="a shared car needs one"):
        on(make_sensor({"simulated": "ev-driving"}, **nowhere), "2026-06-01")


def test_all_simulations_are_one_source(simulated) -> None:
    assert source_name(simulated("pv")) == "simulated"


def by_clock(frame: pl.DataFrame) -> pl.DataFrame:
    local = pl.col("event_start").dt.convert_time_zone("Europe/Amsterdam")
    return frame.with_columns(hour=local.dt.hour(), weekday=local.dt.weekday(), day=local.dt.date())


def mean(frame: pl.DataFrame, *conditions: pl.Expr) -> float:
    return float(frame.filter(*conditions)["value"].mean())


def test_prices_peak_in_the_evening_dip_at_noon_and_fall_below_zero_on_summer_weekends(simulated) -> None:
    summer = by_clock(on(simulated("price", resolution="PT1H"), "2026-06-01", days=91))
    hour = pl.col("hour")
    assert mean(summer, hour == 20) > mean(summer, hour == 8) > mean(summer, hour == 13) + 20
    below = summer.filter(pl.col("value") < 0)
    assert 100 < below.height < 400  # the Netherlands had 458 such hours in all of 2024
    weekend = below.filter(pl.col("weekday") > 5).height / 26
    assert weekend > 1.5 * (below.height - 26 * weekend) / 65
    assert below["hour"].is_between(8, 18).mean() > 0.9


def test_winter_is_dearer_than_summer(simulated) -> None:
    assert (
        mean(on(simulated("price"), "2026-01-01", 60)) > mean(on(simulated("price"), "2026-06-01", 60)) + 20
    )


def test_panels_give_nothing_at_night_and_a_dutch_yield_in_a_year(simulated) -> None:
    year = by_clock(on(simulated("pv"), "2026-01-01", days=365))
    assert mean(year, (pl.col("hour") >= 23) | (pl.col("hour") < 4)) == 0
    assert 0 < year["value"].max() <= 6
    assert year["value"].sum() / 4 / 6 == pytest.approx(1050, rel=0.15)  # kWh per kWp, tilted south


def test_sun_panels_and_temperature_agree_on_the_weather(simulated) -> None:
    summer = {
        kind: by_clock(on(simulated(kind), "2026-06-01", days=60))
        for kind in ("pv", "irradiance", "temperature")
    }
    daily = {
        kind: frame.group_by("day", maintain_order=True).agg(pl.col("value").mean())["value"]
        for kind, frame in summer.items()
    }
    assert np.corrcoef(daily["pv"], daily["irradiance"])[0, 1] > 0.95
    warmest = summer["temperature"].group_by("hour").agg(pl.col("value").mean()).sort("value")["hour"][-1]
    assert warmest in (14, 15)


def test_two_sites_of_a_town_share_their_clouds(simulated) -> None:
    here, there = (
        simulated("irradiance"),
        simulated("irradiance", latitude=52.36, longitude=4.91, site="home-02"),
    )
    # the sun stands where it stands; the clouds are the same, so the ratio stays at 1
    noon = slice(48, 56)
    assert on(here, "2026-06-01")["value"][noon].to_list() == pytest.approx(
        on(there, "2026-06-01")["value"][noon].to_list(), rel=0.005
    )


@pytest.mark.parametrize(
    ("profile", "yearly_kwh"), [("home", 3500), ("office", 90_000), ("workshop", 40_000)]
)
def test_a_load_uses_about_what_it_is_said_to_use_in_a_year(simulated, profile, yearly_kwh) -> None:
    sensor = simulated("load", source={"profile": profile, "yearly": f"{yearly_kwh} kWh"})
    assert on(sensor, "2026-01-01", days=365)["value"].sum() / 4 == pytest.approx(yearly_kwh, rel=0.05)


def test_offices_close_at_the_weekend_and_homes_are_busy_in_the_evening(simulated) -> None:
    office = by_clock(
        on(simulated("load", source={"profile": "office", "yearly": "90 MWh"}), "2026-06-01", 28)
    )
    home = by_clock(on(simulated("load"), "2026-06-01", 28))
    assert mean(office, pl.col("weekday") > 5) < 0.3 * mean(office, pl.col("weekday") <= 5)
    assert mean(home, pl.col("hour").is_between(18, 21)) > 2 * mean(home, pl.col("hour").is_between(1, 4))


def test_a_heat_pump_is_better_when_it_is_warm(simulated) -> None:
    cop, air = (
        on(simulated("efficiency"), "2026-01-01", 365)["value"],
        on(simulated("temperature"), "2026-01-01", 365)["value"],
    )
    assert 1.8 <= cop.min() < 2.6
    assert 4 < cop.max() <= 5
    assert np.corrcoef(cop, air)[0, 1] > 0.99
