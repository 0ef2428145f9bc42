from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flex_pipeline.portfolio.loader import PortfolioError, load_portfolio
from flex_pipeline.portfolio.portfolio import Portfolio

HOME = """
site: home
timezone: Europe/Amsterdam
flex-context:
  consumption-price: 0.3 EUR/kWh
  commodities:
    - {commodity: heat}
groups:
  inverter: {power-capacity: 2.5 kW, group: feeder}
  feeder: {consumption-capacity: 9 kW}
devices:
  battery: {flex-model: {power-capacity: 2 kW, soc-max: 5 kWh, group: inverter, priority: 1}}
"""


def loaded(folder: Path, text: str) -> Portfolio:
    (folder / "home.yaml").write_text(text)
    return load_portfolio(folder, lambda *_: [], lambda *_: None)


def test_a_site_has_groups_that_are_no_devices(tmp_path: Path) -> None:
    portfolio = loaded(tmp_path, HOME)

    site = portfolio.site("home")
    assert [device.name for device in site.devices] == ["battery"]
    assert site.groups == {
        "inverter": {"power-capacity": "2.5 kW", "group": "feeder"},
        "feeder": {"consumption-capacity": "9 kW"},
    }
    assert Portfolio.of_content(portfolio.content(), tmp_path).site("home").groups == site.groups


@pytest.mark.parametrize(
    ("right", "wrong", "line", "message"),
    [
        ("group: inverter", "group: invertor", 12, "is no group of this site; known: feeder, inverter"),
        (
            "{consumption-capacity: 9 kW}",
            "{consumption-capacity: 9 kW, group: inverter}",
            9,
            "part of itself",
        ),
        ("{consumption-capacity: 9 kW}", "{group: inverter}", 10, "limits nothing"),
        ("power-capacity: 2.5 kW", "power-capacity: 2.5 kWh", 9, "power"),
        ("priority: 1", "priority: 1.5", 12, "must be a whole number from 0 on"),
        ("priority: 1", "commodity: gas", 12, "is no commodity of this site; known: electricity, heat"),
        ("priority: 1", "coupling: pump", 12, "couples no other device"),
        ("  inverter:", "  battery:", 9, "has the name of a device"),
        ("flex-model: {power", "type: group, flex-model: {power", 12, "must be storage or process"),
    ],
)
def test_a_fault_of_belonging_names_line_and_what_is_known(
    tmp_path: Path, right: str, wrong: str, line: int, message: str
) -> None:
    with pytest.raises(PortfolioError) as refused:
        loaded(tmp_path, HOME.replace(right, wrong))

    fault: Any = refused.value.faults[0]
    assert f"home.yaml:{line} " in fault
    assert message in fault


def test_a_side_of_a_converter_needs_the_sensors_of_the_other_side(tmp_path: Path) -> None:
    text = """
  cop: {unit: "", resolution: PT1H, kind: price, source: {}}
devices:
  in: {flex-model: {consumption-capacity: 2 kW, coupling: pump}}
  out:
    flex-model: {production-capacity: 9 kW, commodity: heat, coupling: pump, coupling-coefficient: {sensor: cop}}
"""
    portfolio = loaded(tmp_path, HOME.replace("devices:", "sensors:" + text).replace("group: inverter, ", ""))

    needed = portfolio.sensors_of_devices()
    assert needed["home/in"] == needed["home/out"] == {"cop"}
    assert needed["home/battery"] == frozenset()
