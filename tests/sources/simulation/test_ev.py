from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from flex_pipeline.sources import read
from flex_pipeline.sources.simulation.ev import trip_on

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
YEAR = [date(2026, 1, 1) + timedelta(days=k) for k in range(365)]


@pytest.fixture
def car() -> pl.DataFrame:
    """A year of a car's three series: (event_start, available, driving, required)."""
    from flex_pipeline.portfolio.sensor import Sensor

    def series(kind: str, unit: str, source: dict[str, str]) -> pl.Series:
        sensor = Sensor(
            name=f"home-01.{kind}",
            unit=unit,
            resolution="PT15M",
            kind=kind,
            timezone="Europe/Amsterdam",
            site="home-01",
            source=source,
        )
        start = datetime(2026, 1, 1, tzinfo=AMSTERDAM)
        return read(sensor, start, start.replace(year=2027), Path())

    available = series("availability", "kW", {"simulated": "ev-availability", "charger": "11 kW"})
    driving = series("usage", "kW", {"simulated": "ev-driving"})
    required = series("soc-minima", "kWh", {"simulated": "ev-departure-soc", "reserve": "12 kWh"})
    return available.rename({"value": "available"}).with_columns(
        driving=driving["value"], required=required["value"]
    )


def test_a_car_is_either_plugged_in_or_driving(car) -> None:
    assert car.filter(pl.col("available") > 0)["driving"].unique().to_list() == [0.0]
    assert car.filter(pl.col("available") == 0)["driving"].min() > 0
    assert sorted(car["available"].unique()) == [0.0, 11.0]


def test_what_is_asked_at_departure_is_what_the_trip_uses_and_the_reserve(car) -> None:
    used_kwh = car.group_by(pl.col("event_start").dt.date(), maintain_order=True).agg(
        pl.col("driving").sum() / 4, pl.col("required").max()
    )
    trips = used_kwh.filter(pl.col("required").is_not_null())
    assert trips["driving"].to_list() == pytest.approx((trips["required"] - 12).to_list(), abs=1e-4)
    assert used_kwh.filter(pl.col("required").is_null())["driving"].sum() == 0


def test_energy_is_asked_in_the_step_in_which_the_car_leaves(car) -> None:
    leaves = (car["available"] == 0) & (car["available"].shift(1) > 0)
    assert car["required"].is_not_null().to_list() == leaves.fill_null(False).to_list()


def test_workdays_lead_to_work_and_back_by_the_evening() -> None:
    trips = [trip for day in YEAR if day.weekday() < 5 and (trip := trip_on("home-01", day))]
    assert len(trips) / 261 == pytest.approx(7 / 8, abs=0.05)
    assert all(7.25 <= trip.leave <= 8.5 and 16.5 <= trip.back <= 18.5 for trip in trips)
    assert all(8 <= trip.energy_kwh <= 18 for trip in trips)


def test_some_weekend_days_have_a_shorter_trip() -> None:
    trips = [trip for day in YEAR if day.weekday() >= 5 and (trip := trip_on("home-01", day))]
    assert len(trips) / 104 == pytest.approx(0.6, abs=0.12)
    assert all(2 <= trip.back - trip.leave <= 5 and 6 <= trip.energy_kwh <= 16 for trip in trips)


def test_charging_at_once_always_reaches_what_is_asked_and_never_empties_the_battery(car) -> None:
    soc_kwh, lowest = 30.0, np.inf
    for available, driving, required in car.select("available", "driving", "required").iter_rows():
        assert required is None or soc_kwh >= required
        soc_kwh = min(60.0, soc_kwh + 0.25 * (0.92 * available - driving))
        lowest = min(lowest, soc_kwh)
    assert lowest >= 12


def test_two_cars_have_trips_of_their_own() -> None:
    assert [trip_on("home-01", day) for day in YEAR[:14]] != [trip_on("home-02", day) for day in YEAR[:14]]
