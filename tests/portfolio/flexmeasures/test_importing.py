"""What is exported from FlexMeasures becomes a portfolio that means the same, and what cannot is told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flex_pipeline.cli import app
from flex_pipeline.planning import configuration
from flex_pipeline.portfolio.flexmeasures.export import read_export
from flex_pipeline.portfolio.flexmeasures.importing import Imported, import_export
from flex_pipeline.portfolio.loader import PortfolioError
from flex_pipeline.portfolio.portfolio import Portfolio
from tests.portfolio.flexmeasures.exports import asset, of_2024, present, sensor


def imported(folder: Path, document: Any) -> Imported:
    path = folder / "export.json"
    path.write_text(json.dumps(document))
    return import_export(read_export(path))


def portfolio(folder: Path, document: Any) -> Portfolio:
    """The files, written and validated."""
    for name, text in imported(folder, document).files.items():
        (folder / name).write_text(text)
    return configuration.load(folder)


@pytest.mark.parametrize("export", [present, of_2024])
def test_what_is_imported_is_valid_without_notices_of_former_spellings(
    tmp_path: Path, export: Callable[[], Any]
) -> None:
    assert portfolio(tmp_path, export()).notices == ()


def test_each_connection_is_a_site_with_the_devices_below_it(tmp_path: Path) -> None:
    found = portfolio(tmp_path, present())

    assert [device.device_id for device in found.devices] == [
        "home-1/battery",
        "home-1/car",
        "home-2/battery",
    ]
    assert {path.name for path in tmp_path.glob("*.yaml")} == {"portfolio.yaml", "home-1.yaml", "home-2.yaml"}
    home = found.site("home-1")
    assert (home.timezone, home.account, home.latitude) == ("Europe/Amsterdam", "toy-account", 52.4)


def test_a_flex_context_is_inherited_down_the_tree(tmp_path: Path) -> None:
    found = portfolio(tmp_path, present())

    price = {"sensor": "market.day-ahead-prices"}
    assert found.site("home-2").flex_context == {
        "consumption-price": price,
        "production-price": price,
        "site-power-capacity": "10 kW",
    }
    _, car, _ = found.devices
    assert car.flex_context == {"soc-minima-breach-price": "9 EUR/kWh"}
    assert found.site("home-1").flex_context["soc-minima-breach-price"] == "5 EUR/kWh"


def test_a_flex_model_keeps_what_its_fields_mean(tmp_path: Path) -> None:
    battery, car, _ = portfolio(tmp_path, present()).devices

    assert battery.flex_model == {
        "soc-min": "1 kWh",
        "soc-max": "10 kWh",
        "soc-at-start": "5 kWh",
        "power-capacity": "5 kW",
        "roundtrip-efficiency": "90%",
        "storage-efficiency": "99.9%",
        "storage-efficiency-duration": "PT5M",  # the step of its power sensor, which it is stated for
    }
    assert car.flex_model == {
        "soc-max": 60,
        "soc-at-start": 30,
        "soc-unit": "kWh",  # of numbers without one, as its power sensor is in kW
        "soc-minima": {"sensor": "car.departures"},
        "power-capacity": "11 kW",
        "consumption-capacity": {"sensor": "car.plugged-in", "default": "0 kW"},
        "production-capacity": "0 kW",
    }


def test_sensors_are_read_from_the_server_in_steps_that_can_be_planned(tmp_path: Path) -> None:
    sensors = portfolio(tmp_path, present()).sensors

    server = "https://flex.example.org"
    assert {name: (s.kind, s.source) for name, s in sensors.items()} == {
        "market.day-ahead-prices": ("price", {"flexmeasures": {"url": server, "sensor": 1}}),
        "home-1.load": ("load", {"flexmeasures": {"url": server, "sensor": 11}}),
        "roof.production": ("pv", {"flexmeasures": {"url": server, "sensor": 12}}),
        "car.departures": (
            "soc-minima",
            {"flexmeasures": {"url": server, "sensor": 32}, "resolution": "PT15M"},
        ),
        "car.plugged-in": ("availability", {"flexmeasures": {"url": server, "sensor": 34}}),
        "battery.fuse": (
            "availability",
            {"flexmeasures": {"url": server, "sensor": 41}, "resolution": "P1D"},
        ),
    }
    assert sensors["market.day-ahead-prices"].site is None
    assert sensors["battery.fuse"].site == "home-2"


def test_the_steps_of_plans_are_the_smallest_of_the_devices(tmp_path: Path) -> None:
    assert portfolio(tmp_path, present()).settings.resolution.total_seconds() == 300


@pytest.mark.parametrize(
    "note",
    [
        "asset 3 (Home / 1) flex-context.aggregate-power: is not carried over: what the site does is in flex.site_plan",
        "asset 4 (Battery) flex-model.state-of-charge: is not carried over: the stock carries over from",
        "asset 4 (Battery) flex-model.consumption: is not carried over: schedules are in flex.schedule",
        "asset 4 (Battery) flex-model.group: is not carried over: state its limits among the groups of the site",
        "asset 5 (Car) flex-model.soc-usage: is not carried over: sensor 33 (driving) is filtered by source-types",
        "asset 5 (Car): flex-context.consumption-price differs from that of asset 3 (Home / 1), which all",
        "asset 8 (Battery) flex-model: soc-at-start is not in the export",
        "asset 9 (Boiler) flex-model.power-capacity: is missing",
        "sensor 1 (day-ahead prices): is taken as known from 13:00 on the day before",
        "sensor 32 (departures): has values at instants",
        "sensor 13 (total): is not carried over: no field that is carried over reads it",
        "asset 3 (Home / 1) flex-context: relax-constraints is true unless stated, as in FlexMeasures 1.0",
    ],
)
def test_what_is_not_carried_over_is_told(tmp_path: Path, note: str) -> None:
    assert [told for told in imported(tmp_path, present()).notes if told.startswith(note)]


def test_every_field_and_sensor_is_carried_over_or_told(tmp_path: Path) -> None:
    document = present()
    told = imported(tmp_path, document)
    text = "\n".join([*told.files.values(), *told.notes])

    for entry in document["sensors"]:
        assert f"sensor: {entry['id']}\n" in text or f"sensor {entry['id']} (" in text
    for entry in document["assets"]["data"]:
        for part in ("flex_context", "flex_model"):
            given = entry.get(part, {})
            assert [
                name for name in (json.loads(given) if isinstance(given, str) else given) if name not in text
            ] == []


def test_the_version_of_2024_means_what_it_meant(tmp_path: Path) -> None:
    found = portfolio(tmp_path, of_2024())

    (site,) = found.sites
    assert site.flex_context == {
        "consumption-price-sensor": {
            "sensor": "nl-transmission-zone.day-ahead-prices"
        },  # so nothing is relaxed
        "site-power-capacity": "0.5 MW",
        "inflexible-production": [{"sensor": "toy-solar.production"}],
        "inflexible-consumption": [{"sensor": "toy-building.consumption"}],
    }
    battery, charger, washer = found.devices
    assert battery.flex_model == {
        "power-capacity": "0.5 MW",
        "soc-min": "0.05 MWh",
        "soc-max": "0.45 MWh",
        "roundtrip-efficiency": 0.9,
        "soc-at-start": "0.225 MWh",
    }
    assert charger.flex_model == {
        "power-capacity": "0.007 MW",
        "soc-max": "0.04 MWh",
        "consumption-capacity": "6 kW",
        "production-capacity": "0.007 MW",  # until 2024 one direction said nothing of the other
        "storage-efficiency": 0.999,
        "storage-efficiency-duration": "PT15M",
    }
    assert (washer.type, washer.flex_model) == (
        "process",
        {"process-type": "SHIFTABLE", "power": "2 kW", "duration": "PT2H"},
    )


def test_attributes_that_mean_nothing_here_are_told(tmp_path: Path) -> None:
    notes = imported(tmp_path, of_2024()).notes

    assert [note for note in notes if "attribute" in note] == [
        "asset 4 (toy-solar) attribute capacity_in_mw: is not carried over",
        "sensor 2 (discharging) attribute preferred colour: is not carried over",
    ]
    assert "url: is not in the export: write the address of the server into the sources" in notes


def test_a_device_that_runs_one_way_has_no_capacity_the_other_way(tmp_path: Path) -> None:
    document = of_2024()
    document["sensors"][1]["attributes"] = {"capacity_in_mw": 0.5, "is_strictly_non_positive": True}

    battery, _, _ = portfolio(tmp_path, document).devices

    # values of a power sensor are positive when it produces: it never does
    assert battery.flex_model == {
        "power-capacity": "0.5 MW",
        "consumption-capacity": "0.5 MW",
        "production-capacity": "0 kW",
    }


def test_the_command_writes_validates_and_tells(tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text(json.dumps(present()))
    command = ["portfolio", "import", str(tmp_path / "export.json"), "--out", str(tmp_path / "new")]

    done = CliRunner().invoke(app, command)

    assert done.exit_code == 0
    assert "asset 4 (Battery) flex-model.group: is not carried over" in done.stdout
    assert "new: 2 sites, 3 devices, 6 sensors" in done.stdout
    assert isinstance(CliRunner().invoke(app, command).exception, PortfolioError)  # nothing is overwritten


def test_a_lone_device_is_a_site_of_its_own(tmp_path: Path) -> None:
    model, context = {"power-capacity": "2 MW", "soc-max": 3}, {"consumption-price": "0.2 EUR/kWh"}
    document = {
        "assets": [asset(7, "Battery", "battery", None, flex_model=model, flex_context=context)],
        "sensors": [sensor(1, 7, "power", "MW")],
    }

    (device,) = portfolio(tmp_path, document).devices

    assert (device.device_id, device.flex_model["soc-unit"]) == ("battery/battery", "MWh")


def test_devices_of_one_name_are_told_apart(tmp_path: Path) -> None:
    model = {"power-capacity": "2 kW"}
    document = {
        "assets": [
            asset(1, "Home", "building", None, flex_context={"consumption-price": "0.2 EUR/kWh"}),
            asset(2, "Pump 1", "battery", 1, flex_model=model),
            asset(3, "Pump-1", "battery", 1, flex_model=model),
        ],
        "sensors": [],
    }

    assert [d.name for d in portfolio(tmp_path, document).devices] == ["pump-1", "pump-1-3"]


def test_a_site_without_a_price_is_left_out_with_its_reason(tmp_path: Path) -> None:
    document = {
        "assets": [asset(7, "B", "battery", None, flex_model={"power-capacity": "2 kW"})],
        "sensors": [],
    }

    found = imported(tmp_path, document)

    assert set(found.files) == {"portfolio.yaml"}
    assert any(
        note.startswith("asset 7 (B) flex-context.consumption-price: is missing") for note in found.notes
    )
    assert "asset 7 (B): is left out: it has no device that can be planned, or no price" in found.notes


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], 'needs "assets" and "sensors"'),
        ({"assets": [], "sensors": 3}, "sensors\n  must be a list of objects"),
        ({"assets": [{"id": "one"}], "sensors": []}, "assets[0].id\n  'one' must be the number"),
        ({"assets": [{"id": 1, "flex_model": "{"}], "sensors": []}, "assets[0].flex_model\n  is not JSON"),
        ({"assets": [{"id": 1, "flex_context": []}], "sensors": []}, None),
        ({"assets": [{"id": 1, "flex_context": "[1]"}], "sensors": []}, "must be an object, not list"),
        ({"assets": [], "sensors": [{"id": 1, "event_resolution": "?"}]}, "sensors[0].event_resolution"),
    ],
)
def test_what_is_no_export_is_told_with_its_place(tmp_path: Path, document: Any, message: str | None) -> None:
    if message is None:
        assert imported(tmp_path, document).files
        return
    with pytest.raises(PortfolioError) as caught:
        imported(tmp_path, document)

    assert message in str(caught.value)
