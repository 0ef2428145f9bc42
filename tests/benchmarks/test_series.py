"""Slices of the benchmarks that take seconds: targets that would be missed if forecasts got worse."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from benchmarks.series import Series, gefcom, household


def slice_of(read: Callable[[Path], Series], shared: Path, file: str, days: int) -> Series:
    if not (shared / "data" / file).exists():
        pytest.skip(f"{file} is not there")
    return replace(read(shared / "data"), days=days, retrain_days=days)


def test_two_weeks_of_a_household_are_a_fifth_closer_than_a_week_ago(shared: Path) -> None:
    scores = slice_of(household, shared, "household_fr_emhass_30min.csv", 14).backtest().scores
    assert scores.mae < 0.8 * scores.mae_naive
    assert 0.7 < scores.coverage < 0.9  # 14 days are too few for 80 %


def test_four_weeks_of_pv_are_twice_as_close_as_a_week_ago(shared: Path) -> None:
    scores = slice_of(gefcom, shared, "gefcom2014_solar_zone1_hourly.csv", 28).backtest().scores
    assert scores.mae < 0.5 * scores.mae_naive
    assert 0.7 < scores.coverage < 0.9


def test_the_radiation_of_gefcom_is_that_of_each_hour(shared: Path) -> None:
    series = slice_of(gefcom, shared, "gefcom2014_solar_zone1_hourly.csv", 28)
    night = series.history.filter(pl.col("event_start").dt.hour() == 13)  # 23:00 in Canberra
    assert abs(night["SSRD"]).max() < 0.001 * series.history["SSRD"].max()


def test_settings_see_nothing_of_the_test_period(shared: Path) -> None:
    series = slice_of(household, shared, "household_fr_emhass_30min.csv", 14)
    before = series.before_test(119)
    assert before.history["event_start"].max() < series.first
    assert before.first + timedelta(days=119) == series.first
