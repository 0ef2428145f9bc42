"""Which assets are sites, and which are devices of which site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flex_pipeline.portfolio.fields import Record
from flex_pipeline.portfolio.flex_context import FLEX_CONTEXT, inherited
from flex_pipeline.portfolio.flex_model import FLEX_MODELS, STORAGE
from flex_pipeline.portfolio.flexmeasures.export import Asset, Export, ExportedSensor
from flex_pipeline.portfolio.former import present_spelling
from flex_pipeline.timeseries.units import measures

CONNECTION = ("site-power-capacity", "site-consumption-capacity", "site-production-capacity")
DEVICE_TYPES = ("battery", "one-way_evse", "two-way_evse", "heat-storage", "process")
SIGNS = ("consumption_is_positive", "is_strictly_non_positive", "is_strictly_non_negative")
MARKET = "market_id"  # of the attributes of former versions: the sensor of the price


@dataclass(frozen=True)
class ExportedDevice:
    """An asset that can be scheduled, and the sensor that its power is written to."""

    asset: Asset
    site: Asset
    type: str
    power: ExportedSensor | None
    flex_model: dict[str, Any]  # in the present spelling
    attributes: dict[str, Any]  # its own, and those of its power sensor


def devices_of(export: Export) -> list[ExportedDevice]:
    """Every asset that has a flex-model, or the attributes that stood for it, or is of a type of devices."""
    found = (_device(export, asset) for _, asset in sorted(export.assets.items()))
    return [device for device in found if device is not None]


def context_of(asset: Asset, *, is_site: bool) -> dict[str, Any]:
    """What an asset itself states; a site also by the attributes of former versions."""
    attributes = asset.attributes if is_site else {}
    own = _known(attributes, FLEX_CONTEXT)
    if MARKET in attributes:
        own = inherited({"consumption-price-sensor": {"sensor": attributes[MARKET]}}, own)
    present = present_spelling(asset.flex_context, FLEX_CONTEXT, "")
    return inherited(own, present.document)


def context_down_to(export: Export, site: Asset) -> dict[str, Any]:
    """The flex-context of a site: its own, and what the assets above it state."""
    context: dict[str, Any] = {}
    for asset in reversed(list(export.above(site))):
        context = inherited(context, context_of(asset, is_site=asset is site))
    return context


def context_between(export: Export, device: ExportedDevice) -> dict[str, Any]:
    """What is stated below the site, down to the device itself."""
    below = []
    for asset in export.above(device.asset):
        if asset is device.site:
            break
        below.append(asset)
    context: dict[str, Any] = {}
    for asset in reversed(below):
        context = inherited(context, context_of(asset, is_site=False))
    return context


def attributes_left(
    export: Export, devices: Iterable[ExportedDevice]
) -> Iterator[tuple[Asset | ExportedSensor, str]]:
    """The attributes, of assets and of sensors, that are read as nothing here."""
    read_as: dict[str, list[Record]] = {}
    for device in devices:
        read_as.setdefault(str(device.site), []).append(FLEX_CONTEXT)
        for part in (device.asset, device.power):
            read_as.setdefault(str(part), []).append(FLEX_MODELS[device.type])
    owners: list[Asset | ExportedSensor] = [*export.assets.values(), *export.sensors.values()]
    for owner in owners:
        records = read_as.get(str(owner), [])
        known = {*SIGNS, *([MARKET] if FLEX_CONTEXT in records else [])}
        for name, value in owner.attributes.items():
            if name not in known and not any(_known({name: value}, record) for record in records):
                yield owner, name


def _device(export: Export, asset: Asset) -> ExportedDevice | None:
    power = _power_sensor(export, asset)
    attributes = asset.attributes | (power.attributes if power else {})
    model_keys = set(present_spelling(asset.flex_model, STORAGE, "").document)
    kind = "process" if asset.type == "process" or "process-type" in asset.flex_model else "storage"
    stated = _known(attributes, FLEX_MODELS[kind])
    stored = any(name.startswith("soc-") for name in stated)
    if not model_keys and not stored and asset.type not in DEVICE_TYPES:
        return None
    model = stated | present_spelling(asset.flex_model, FLEX_MODELS[kind], "").document
    return ExportedDevice(asset, _site_of(export, asset), kind, power, model, attributes)


def _site_of(export: Export, device: Asset) -> Asset:
    """The nearest asset that states a connection, else its parent, else the device itself."""
    above = list(export.above(device))
    for asset in above:
        if set(CONNECTION) & set(context_of(asset, is_site=asset is not device)):
            return asset
    return above[1] if len(above) > 1 else device


def _power_sensor(export: Export, asset: Asset) -> ExportedSensor | None:
    """The sensor with the most attributes of those that measure power."""
    powers = [s for s in export.sensors_of(asset) if s.unit and measures(s.unit, "power")]
    return max(powers, key=lambda sensor: len(sensor.attributes), default=None)


def _known(attributes: Mapping[str, Any], record: Record) -> dict[str, Any]:
    """Those attributes that are fields, under their present names."""
    names = {field.name for field in record.fields}
    present = present_spelling(attributes, record, "").document
    return {name: value for name, value in present.items() if name in names}
