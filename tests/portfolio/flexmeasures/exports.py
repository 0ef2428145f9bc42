"""Exports as the API of FlexMeasures answers, written by hand: of 2024, and of the version before 1.0."""

import json
from typing import Any


def sensor(number: int, asset: int, name: str, unit: str, **more: Any) -> dict[str, Any]:
    return {
        "entity_address": f"ea1.2026-01.org.example:fm1.{number}",
        "id": number,
        "generic_asset_id": asset,
        "name": name,
        "unit": unit,
        "event_resolution": "PT15M",
        "timezone": "Europe/Amsterdam",
        "attributes": "{}",
    } | more


def asset(number: int, name: str, kind: str, parent: int | None, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "account_id": 2,
        "owner": {"id": 2, "name": "Toy Account"},
        "generic_asset_type": {"id": 1, "name": kind},
        "latitude": None,
        "longitude": None,
        "parent_asset_id": parent,
        "child_assets": [],
        "sensors": [],
        "attributes": "{}",
    } | more


def present() -> dict[str, Any]:
    """Two homes of one owner, whose asset above them states the prices; with all that cannot be carried over."""
    prices = {"consumption-price": {"sensor": 1}, "production-price": {"sensor": 1}}
    building = {
        "site-power-capacity": "17 kVA",
        "inflexible-consumption": [{"sensor": 11}],
        "inflexible-production": [{"sensor": 12}],
        "soc-minima-breach-price": "5 EUR/kWh",
        "aggregate-power": {"sensor": 13},
    }
    battery = {
        "soc-min": "1 kWh",
        "soc-max": "10 kWh",
        "soc-at-start": "5 kWh",
        "power-capacity": "5 kW",
        "roundtrip-efficiency": "90%",
        "storage-efficiency": "99.9%",
        "state-of-charge": {"sensor": 22},
        "consumption": {"sensor": 21},
        "group": {"asset": 3},
    }
    car = {
        "soc-max": 60,
        "soc-at-start": 30,
        "soc-minima": {"sensor": 32},
        "soc-usage": [{"sensor": 33, "source-types": ["forecaster"]}],
        "power-capacity": "11 kW",
        "consumption-capacity": {"sensor": 34, "default": "0 kW"},
        "production-capacity": "0 kW",
    }
    return {
        "url": "https://flex.example.org",
        "assets": {
            "data": [
                asset(1, "Market", "transmission zone", None),
                asset(2, "Portfolio", "building", None, flex_context=json.dumps(prices)),
                asset(
                    3,
                    "Home / 1",
                    "building",
                    2,
                    flex_context=json.dumps(building),
                    latitude=52.4,
                    longitude=4.9,
                ),
                asset(4, "Battery", "battery", 3, flex_model=json.dumps(battery)),
                asset(
                    5,
                    "Car",
                    "two-way_evse",
                    3,
                    flex_model=car,
                    flex_context={
                        "soc-minima-breach-price": "9 EUR/kWh",
                        "consumption-price": {"sensor": 35},
                    },
                ),
                asset(6, "Roof", "solar", 3),
                asset(7, "Home 2", "building", 2, flex_context={"site-power-capacity": "10 kW"}),
                asset(
                    8,
                    "Battery",
                    "battery",
                    7,
                    flex_model={"soc-max": "8 kWh", "power-capacity": {"sensor": 41}},
                ),
                asset(9, "Boiler", "heat-storage", 7),
            ],
            "num-records": 9,
            "filtered-records": 9,
        },
        "sensors": [
            sensor(1, 1, "day-ahead prices", "EUR/MWh", event_resolution="PT1H"),
            sensor(11, 3, "load", "kW"),
            sensor(12, 6, "production", "kW"),
            sensor(13, 3, "total", "kW"),
            sensor(21, 4, "power", "kW", event_resolution="PT5M"),
            sensor(22, 4, "state of charge", "kWh", event_resolution="PT0S"),
            sensor(31, 5, "power", "kW"),
            sensor(32, 5, "departures", "kWh", event_resolution="PT0S"),
            sensor(33, 5, "driving", "kW"),
            sensor(34, 5, "plugged in", "MW"),
            sensor(35, 5, "another price", "EUR/MWh"),
            sensor(41, 8, "fuse", "kW", event_resolution="P1D"),
        ],
    }


def of_2024() -> dict[str, Any]:
    """The toy account of the tutorials: capacities and states of charge are attributes of the battery's sensor."""
    of_battery = {
        "capacity_in_mw": 0.5,
        "min_soc_in_mwh": 0.05,
        "max_soc_in_mwh": 0.45,
        "roundtrip_efficiency": 0.9,
        "soc_in_mwh": 0.225,
        "is_strictly_non_positive": False,
        "preferred colour": "green",
    }
    columns = {
        "consumption_price_sensor_id": 1,
        "production_price_sensor_id": None,
        "inflexible_device_sensor_ids": [3, 4],
    }
    return {
        "assets": [
            asset(1, "NL transmission zone", "transmission zone", None),
            asset(
                2, "toy-building", "building", None, attributes=json.dumps({"capacity_in_mw": 0.5}), **columns
            ),
            asset(3, "toy-battery", "battery", 2, attributes=json.dumps({"capacity_in_mw": 0.5})),
            asset(
                4, "toy-solar", "solar", 2, latitude=52.37, longitude=4.9, attributes={"capacity_in_mw": 0.2}
            ),
            asset(5, "toy-charger", "one-way_evse", 2, flex_model={}),
            asset(
                6,
                "toy-washer",
                "process",
                2,
                attributes={"process-type": "SHIFTABLE", "power": 2, "duration": "PT2H"},
            ),
        ],
        "sensors": [
            sensor(1, 1, "day-ahead prices", "EUR/MWh", event_resolution="PT1H"),
            sensor(2, 3, "discharging", "MW", attributes=json.dumps(of_battery)),
            sensor(3, 4, "production", "MW"),
            sensor(4, 2, "consumption", "kW", attributes=json.dumps({"consumption_is_positive": True})),
            sensor(
                5,
                5,
                "power",
                "kW",
                attributes=json.dumps(
                    {
                        "capacity_in_mw": 0.007,
                        "max_soc_in_mwh": 0.04,
                        "consumption_capacity": "6 kW",
                        "storage_efficiency": 0.999,
                    }
                ),
            ),
            sensor(6, 6, "power", "kW"),
        ],
    }
