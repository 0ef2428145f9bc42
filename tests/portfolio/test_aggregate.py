"""Weighted sums of sensors, and meters of devices, as a portfolio states them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flex_pipeline.portfolio.loader import PortfolioError, load_portfolio
from flex_pipeline.portfolio.portfolio import Portfolio

FILE = """
site: home-01
location: {latitude: 52.37, longitude: 4.90}
sensors:
  pv: {unit: W, resolution: PT15M, kind: pv, source: {csv: a.csv, column: a}}
  grid: {unit: kW, resolution: PT1H, kind: load, source: {csv: a.csv, column: b}}
  meter: {unit: kW, resolution: PT15M, kind: power, source: {csv: a.csv, column: c}}
aggregates:
  headroom: {unit: kW, constant: 0.5 MW, weights: {pv: -1, grid: 2}}
flex-context: {consumption-price: 0.3 EUR/kWh}
devices:
  battery:
    flex-model: {soc-max: 10 kWh, power-capacity: 5 kW}
    meter: {sensor: meter}
"""


def load(folder: Path, text: str = FILE) -> Portfolio:
    (folder / "home-01.yaml").write_text(text)
    return load_portfolio(folder, lambda *_: [], lambda *_: None)


def test_an_aggregate_converts_units_and_takes_the_smallest_step(tmp_path: Path) -> None:
    portfolio = load(tmp_path)
    (headroom,) = portfolio.aggregates
    assert (headroom.site, headroom.timezone) == ("home-01", "Europe/Amsterdam")
    assert headroom.constant_value == 500.0
    assert headroom.in_its_unit("W") == pytest.approx(0.001)
    assert headroom.resolution(portfolio.sensors) == timedelta(minutes=15)


def test_aggregates_and_meters_are_part_of_the_content(tmp_path: Path) -> None:
    portfolio = load(tmp_path)
    again = Portfolio.of_content(portfolio.content(), tmp_path)
    assert again.aggregates == portfolio.aggregates
    assert [device.meter for device in again.devices] == ["meter"]


def test_a_meter_is_no_input_of_a_plan(tmp_path: Path) -> None:
    assert load(tmp_path).sensors_of_devices() == {"home-01/battery": frozenset()}


@pytest.mark.parametrize(
    ("right", "wrong", "line", "told"),
    [
        ("0.5 MW", "5 kWh", 9, "is an energy"),
        ("0.5 MW", "half", 9, "is not a number with a unit"),
        ("pv: -1, grid: 2", "sun: -1", 9, "is not a sensor of this portfolio"),
        ("{pv: -1, grid: 2}", "{}", 9, "at least 1 item"),
        ("unit: kW, constant: 0.5 MW", "unit: kWh", 9, "cannot be added in kWh: it is in W"),
        ("{sensor: meter}", "{sensor: grid}", 14, "the meter of a device reads one of kind power"),
        ("{sensor: meter}", "meter", 14, "must be written {sensor: NAME}"),
        ("0.3 EUR/kWh", "{sensor: meter}", 10, "is a sensor of kind power"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, right: str, wrong: str, line: int, told: str) -> None:
    with pytest.raises(PortfolioError) as error:
        load(tmp_path, FILE.replace(right, wrong))
    assert f"home-01.yaml:{line}  " in str(error.value)
    assert told in str(error.value)
