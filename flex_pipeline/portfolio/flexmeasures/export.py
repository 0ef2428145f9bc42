"""What a FlexMeasures server says of its assets and sensors: the answers of its API v3_0 in one JSON document.

    {"url": "https://flex.example.org",      optional: where the values of sensors are read from
     "assets": …,                            the answer of GET /api/v3_0/assets, and of /assets/public if needed
     "sensors": …}                           the answer of GET /api/v3_0/sensors

Each answer is the list itself, or the page {"data": […]}. An asset's attributes, flex_context and flex_model may be
objects or, as the API has them, JSON in a string. Of versions until 2024, which have no flex_context, the columns
consumption_price_sensor_id, production_price_sensor_id and inflexible_device_sensor_ids stand for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import isodate

from flex_pipeline.portfolio.loader import PortfolioError

NO_URL = "https://flexmeasures.example.org"
FORMER_COLUMNS = {
    "consumption_price_sensor_id": "consumption-price-sensor",
    "production_price_sensor_id": "production-price-sensor",
    "inflexible_device_sensor_ids": "inflexible-device-sensors",
}


@dataclass(frozen=True)
class Asset:
    """One asset, its JSON read."""

    asset_id: int
    name: str
    type: str
    account: str | None
    parent_id: int | None
    location: tuple[float, float] | None
    attributes: dict[str, Any]
    flex_context: dict[str, Any]
    flex_model: dict[str, Any]

    def __str__(self) -> str:
        return f"asset {self.asset_id} ({self.name})"


@dataclass(frozen=True)
class ExportedSensor:
    """One sensor; a resolution of zero is that of instants."""

    sensor_id: int
    asset_id: int | None
    name: str
    unit: str
    resolution: timedelta
    timezone: str
    attributes: dict[str, Any]

    def __str__(self) -> str:
        return f"sensor {self.sensor_id} ({self.name})"


@dataclass(frozen=True)
class Export:
    """All assets and sensors, by id."""

    url: str | None
    assets: dict[int, Asset]
    sensors: dict[int, ExportedSensor]
    is_former: bool  # of a version whose assets have no flex_context

    def above(self, asset: Asset) -> Iterator[Asset]:
        """The asset, its parent, and so on, as far as the export has them."""
        seen = set()
        current: Asset | None = asset
        while current is not None and current.asset_id not in seen:
            yield current
            seen.add(current.asset_id)
            current = self.assets.get(current.parent_id) if current.parent_id is not None else None

    def sensor(self, number: object) -> ExportedSensor | None:
        """The sensor with a number, which may be written as a text; None if the export has none."""
        return self.sensors.get(int(str(number))) if str(number).isdecimal() else None

    def asset_of(self, sensor: ExportedSensor) -> Asset | None:
        """The asset that a sensor belongs to; None if the export does not have it."""
        return self.assets.get(sensor.asset_id) if sensor.asset_id is not None else None

    def sensors_of(self, asset: Asset) -> list[ExportedSensor]:
        """The sensors of an asset itself, by id."""
        found = (sensor for sensor in self.sensors.values() if sensor.asset_id == asset.asset_id)
        return sorted(found, key=lambda sensor: sensor.sensor_id)


def read_export(path: Path) -> Export:
    """Read the document. Raises PortfolioError with the place of what cannot be."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PortfolioError([f"{path}\n  is not JSON that can be read: {error}"]) from error
    if not isinstance(document, dict) or not {"assets", "sensors"} <= set(document):
        raise PortfolioError(
            [f'{path}\n  needs "assets" and "sensors", as GET /assets and GET /sensors answer']
        )
    try:
        assets = [_asset(item, f"assets[{i}]") for i, item in enumerate(_items(document, "assets"))]
        sensors = [_sensor(item, f"sensors[{i}]") for i, item in enumerate(_items(document, "sensors"))]
    except _UnreadableError as error:
        raise PortfolioError([f"{path}  {error}"]) from error
    is_former = any(set(FORMER_COLUMNS) & set(item) for item in _items(document, "assets"))
    return Export(
        document.get("url"),
        {asset.asset_id: asset for asset in assets},
        {sensor.sensor_id: sensor for sensor in sensors},
        is_former,
    )


class _UnreadableError(ValueError):
    """Where in the document, and what would be right."""


def _items(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    answer = document[name]
    items = answer.get("data") if isinstance(answer, Mapping) else answer
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _UnreadableError(f"{name}\n  must be a list of objects, or a page with such a list as data")
    return items


def _asset(item: Mapping[str, Any], where: str) -> Asset:
    latitude, longitude = item.get("latitude"), item.get("longitude")
    columns = {field: item[column] for column, field in FORMER_COLUMNS.items() if item.get(column)}
    owner = item.get("owner") or {}
    account = owner.get("name") or item.get("account_id")
    return Asset(
        _number(item, "id", where),
        str(item.get("name")),
        str((item.get("generic_asset_type") or {}).get("name", "")),
        None if account is None else str(account),
        item.get("parent_asset_id"),
        None if latitude is None or longitude is None else (float(latitude), float(longitude)),
        _json(item, "attributes", where),
        columns | _json(item, "flex_context", where),
        _json(item, "flex_model", where),
    )


def _sensor(item: Mapping[str, Any], where: str) -> ExportedSensor:
    try:
        resolution = isodate.parse_duration(str(item.get("event_resolution")))
    except isodate.ISO8601Error as error:
        raise _UnreadableError(f"{where}.event_resolution\n  {error}") from error
    return ExportedSensor(
        _number(item, "id", where),
        item.get("generic_asset_id"),
        str(item.get("name")),
        str(item.get("unit", "")),
        resolution,
        str(item.get("timezone", "UTC")),
        _json(item, "attributes", where),
    )


def _number(item: Mapping[str, Any], name: str, where: str) -> int:
    value = item.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _UnreadableError(f"{where}.{name}\n  {value!r} must be the number of an asset or sensor")
    return value


def _json(item: Mapping[str, Any], name: str, where: str) -> dict[str, Any]:
    """A field that holds an object, or an object as JSON in a string; none is an empty one."""
    value = item.get(name)
    if isinstance(value, str):
        try:
            value = json.loads(value or "{}")
        except ValueError as error:
            raise _UnreadableError(f"{where}.{name}\n  is not JSON: {error}") from error
    if not isinstance(value or {}, dict):
        raise _UnreadableError(f"{where}.{name}\n  must be an object, not {type(value).__name__}")
    return dict(value or {})
