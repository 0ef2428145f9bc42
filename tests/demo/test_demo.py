"""The bundled portfolio: its sensors can be read, its references exist and its physics can be met."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import yaml

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import check_source, read

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DEMO = {
    Path(entry.name).stem: yaml.safe_load(entry.read_text())
    for entry in files("flex_pipeline.demo").iterdir()
    if entry.name.endswith(".yaml")
}
SITES = [name for name in DEMO if name != "portfolio"]


def sensors() -> dict[str, Sensor]:
    found = {}
    for content in DEMO.values():
        for name, config in content["sensors"].items():
            fields = {key: value for key, value in config.items() if key != "capacity"}
            place = content.get("location", {})
            found[name] = Sensor(
                name=name, timezone="Europe/Amsterdam", site=content.get("site"), **place, **fields
            )
    return found


SENSORS = sensors()


def year(name: str) -> pl.Series:
    start = datetime(2026, 1, 1, tzinfo=AMSTERDAM)
    return read(SENSORS[name], start, start.replace(year=2027), Path())["value"]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "sensor" in node:
            yield node["sensor"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_bundle_is_a_home_an_office_and_a_workshop() -> None:
    assert sorted(DEMO) == ["home-01", "office-01", "portfolio", "workshop-01"]
    assert [DEMO[site]["site"] for site in SITES] == SITES


@pytest.mark.parametrize("name", SENSORS)
def test_every_sensor_can_be_read(name) -> None:
    assert check_source(SENSORS[name].source) == []
    start = datetime(2026, 10, 25, tzinfo=AMSTERDAM)
    found = read(SENSORS[name], start, start.replace(day=26), Path())
    assert found.height == (25 if name == "nl.day-ahead" else 100)


@pytest.mark.parametrize("site", SITES)
def test_every_reference_names_a_sensor_of_the_site_or_a_shared_one(site) -> None:
    named = set(references([DEMO[site]["flex-context"], DEMO[site]["devices"]]))
    assert named
    assert named <= set(DEMO[site]["sensors"]) | set(DEMO["portfolio"]["sensors"])


def test_no_fixed_load_alone_exceeds_its_connection() -> None:
    # site-power-capacity of the demo files, less what the heat pump may need at the same time
    assert year("home-01.load").max() < 17
    assert year("home-01.pv").max() < 17
    assert year("office-01.load").max() + 8 < 50
    assert year("workshop-01.load").max() + 3 + 4 < 70


def test_the_office_contract_binds_at_times_but_not_always() -> None:
    with_heat_pump = year("office-01.load") + 8 > 32
    assert 0.05 < with_heat_pump.mean() < 0.3


def test_the_heat_pump_can_always_keep_the_buffer_warm() -> None:
    soc_kwh, lowest = 30.0, 30.0
    for heat_kw, cop in zip(year("office-01.hot-water"), year("office-01.cop"), strict=True):
        soc_kwh = min(58.0, 0.999 * soc_kwh + 0.25 * (8 * cop - heat_kw))
        lowest = min(lowest, soc_kwh)
    assert lowest > 5
