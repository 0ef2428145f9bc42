"""From an export of FlexMeasures to the files of a portfolio, and to a list of what they do not carry over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import isodate
import yaml

from flex_pipeline.portfolio.document import key_of
from flex_pipeline.portfolio.fields import Fault, sensors_in
from flex_pipeline.portfolio.flex_context import (
    DEVICE_CONTEXT,
    check_device_context,
    check_flex_context,
    currencies_in,
)
from flex_pipeline.portfolio.flex_model import check_flex_model
from flex_pipeline.portfolio.flexmeasures.device_model import written_out
from flex_pipeline.portfolio.flexmeasures.export import Asset, Export
from flex_pipeline.portfolio.flexmeasures.named_sensors import (
    HOUR,
    STEP,
    NamedSensor,
    NamedSensors,
    NotCarriedOverError,
    slug,
)
from flex_pipeline.portfolio.flexmeasures.site_tree import (
    ExportedDevice,
    attributes_left,
    context_between,
    context_down_to,
    devices_of,
)

OURS = {field.name for field in DEVICE_CONTEXT.fields}
FORMER_FLOWS = "inflexible-device-sensors"
RELAXATION = ("relax-constraints", "relax-soc-constraints", "relax-site-capacity-constraints")
SHARED_FILE = "portfolio.yaml"
# what FlexMeasures writes to, or is kept for its pages, or has to be said in another place here
LEFT_OUT = {
    "aggregate-power": "what the site does is in flex.site_plan",
    "aggregate-consumption": "what the site does is in flex.site_plan",
    "aggregate-production": "what the site does is in flex.site_plan",
    "consumption": "schedules are in flex.schedule",
    "production": "schedules are in flex.schedule",
    "state-of-charge": "the stock carries over from the plan of the day before",
    "group": "state its limits among the groups of the site, and name it here",
}


@dataclass
class Imported:
    """The files by name, and what is to be known about them."""

    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def import_export(export: Export) -> Imported:
    """One file for each site, and one for what they share."""
    importer = _Importer(export)
    devices: dict[int, list[ExportedDevice]] = {}
    for device in devices_of(export):
        devices.setdefault(device.site.asset_id, []).append(device)
    for site_id, behind in devices.items():
        importer.add_site(export.assets[site_id], behind)
    importer.tell_what_is_left(devices)
    return Imported(importer.written(), importer.notes)


@dataclass
class _Importer:
    export: Export
    sensors: NamedSensors = field(init=False)
    sites: dict[str, dict[str, Any]] = field(default_factory=dict)
    steps: list[timedelta] = field(default_factory=list)  # of the devices' power sensors
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sensors = NamedSensors(self.export)

    def note(self, where: object, message: str) -> None:
        self.notes.append(f"{where}: {message}")

    def add_site(self, asset: Asset, behind: list[ExportedDevice]) -> None:
        name = self._unique(slug(asset.name), asset.asset_id, self.sites)
        location = next((a.location for a in (asset, *(d.asset for d in behind)) if a.location), None)
        if location:
            self.sensors.located.add(name)
        context = self._site_context(asset, behind, name)
        devices: dict[str, Any] = {}
        for device in behind:
            self._add_device(device, name, devices)
        if not devices or context is None:
            self.note(asset, "is left out: it has no device that can be planned, or no price")
            return
        place = {"latitude": location[0], "longitude": location[1]} if location else None
        self.sites[name] = {
            "site": name,
            "timezone": self._timezone(asset, behind),
            **({"account": slug(asset.account)} if asset.account else {}),
            **({"location": place} if place else {}),
            "flex-context": context,
            "devices": devices,
        }

    def _site_context(self, asset: Asset, behind: list[ExportedDevice], site: str) -> dict[str, Any] | None:
        context = context_down_to(self.export, asset)
        for device in behind:
            below = context_between(self.export, device)
            for name in sorted(set(below) - OURS):
                if context.setdefault(name, below[name]) != below[name]:
                    self.note(
                        device.asset,
                        f"flex-context.{name} differs from that of {asset}, which all devices share",
                    )
        context = self._with_directions(context)
        carried = self._carried(context, f"{asset} flex-context", site, check_flex_context)
        if carried and not self.export.is_former and not set(RELAXATION) & set(carried):
            self.note(
                f"{asset} flex-context",
                "relax-constraints is true unless stated, as in FlexMeasures 1.0; before that it was false",
            )
        return carried

    def _add_device(self, device: ExportedDevice, site: str, devices: dict[str, Any]) -> None:
        where = f"{device.asset} flex-model"
        model = self._carried(
            written_out(device, is_former=self.export.is_former),
            where,
            site,
            lambda given, path: check_flex_model(given, device.type, path=path),
        )
        if model is None:
            return
        if device.type == "storage" and "soc-max" in model and "soc-at-start" not in model:
            self.note(where, "soc-at-start is not in the export: the first day begins with 0 kWh; state it")
        below = context_between(self.export, device)
        own = {name: value for name, value in below.items() if name in OURS}
        context = self._carried(own, f"{device.asset} flex-context", site, check_device_context)
        name = self._unique(slug(device.asset.name), device.asset.asset_id, devices)
        devices[name] = {
            "type": device.type,
            "flex-model": model,
            **({"flex-context": context} if context else {}),
        }
        if device.power is not None:
            self.steps.append(device.power.resolution)

    def _with_directions(self, context: dict[str, Any]) -> dict[str, Any]:
        """Fixed flows by direction: what a sensor calls positive is an attribute, which stays behind."""
        flows = context.get(FORMER_FLOWS, [])
        rest = {name: value for name, value in context.items() if name != FORMER_FLOWS}
        for flow in flows:
            exported = self.export.sensor(flow.get("sensor"))
            asset = self.export.asset_of(exported) if exported else None
            attributes = (asset.attributes if asset else {}) | (exported.attributes if exported else {})
            consumes = bool(attributes.get("consumption_is_positive"))
            name = "inflexible-consumption" if consumes else "inflexible-production"
            rest[name] = [*rest.get(name, []), flow]
            if not consumes and asset is not None and asset.type not in ("solar", "wind"):
                self.note(
                    exported,
                    "has production as positive values, and is judged as such: a load needs the other sign",
                )
        return rest

    def _carried(
        self, given: Mapping[str, Any], where: str, site: str, check: Callable[..., list[Fault]]
    ) -> dict[str, Any] | None:
        """The fields that can be carried over, with a note for each other one; None if it cannot do without."""
        carried: dict[str, Any] = {}
        for name, value in given.items():
            if name in LEFT_OUT:
                self.note(f"{where}.{name}", f"is not carried over: {LEFT_OUT[name]}")
                continue
            try:
                carried[name] = self._by_name(value, name, site)
            except NotCarriedOverError as error:
                self.note(f"{where}.{name}", f"is not carried over: {error}")
        while faults := check(carried, path="at"):
            fault = faults[0]
            name = str(key_of(fault.field)[1]) if "." in fault.field else ""
            if name not in carried:
                self.note(f"{where}{fault.field.removeprefix('at')}", fault.message)
                return None
            self.note(f"{where}{fault.field.removeprefix('at')}", f"is not carried over: {fault.message}")
            del carried[name]
        return carried

    def _by_name(self, value: Any, of_field: str, site: str) -> Any:
        """A value whose sensors are named and no longer numbered."""
        if isinstance(value, list):
            return [self._by_name(item, of_field, site) for item in value]
        if not isinstance(value, Mapping):
            return value
        if "sensor" in value:
            return self.sensors.reference(value, of_field, site)
        inner = {key: key if of_field == "commitments" else of_field for key in value}
        return {key: self._by_name(item, inner[key], site) for key, item in value.items()}

    def _timezone(self, asset: Asset, behind: list[ExportedDevice]) -> str:
        """The one that most sensors of the site are in."""
        assets = {asset.asset_id: asset} | {device.asset.asset_id: device.asset for device in behind}
        zones = Counter(s.timezone for a in assets.values() for s in self.export.sensors_of(a))
        if not zones:
            self.note(asset, "has no sensor that says its timezone: UTC is taken")
        return zones.most_common(1)[0][0] if zones else "UTC"

    def tell_what_is_left(self, sites: Iterable[int]) -> None:
        """What no site reads, and where values come from when the export does not say."""
        read = {sensor.exported.sensor_id for sensor, _ in self._read()}
        parts = {a.asset_id for site in sites for a in self.export.above(self.export.assets[site])}
        parts |= {device.asset.asset_id for device in devices_of(self.export)}
        for _, unread in sorted(self.export.sensors.items()):
            if unread.sensor_id not in read:
                self.note(unread, "is not carried over: no field that is carried over reads it")
        for asset in self.export.assets.values():
            is_read = any(sensor.sensor_id in read for sensor in self.export.sensors_of(asset))
            if asset.asset_id not in parts and not is_read:
                self.note(asset, "is not carried over: it is neither a device nor a site")
        for owner, attribute in attributes_left(self.export, devices_of(self.export)):
            self.note(f"{owner} attribute {attribute}", "is not carried over")
        if read and self.export.url is None:
            self.note("url", "is not in the export: write the address of the server into the sources")

    def written(self) -> dict[str, str]:
        """The files, by name."""
        zones = Counter(site["timezone"] for site in self.sites.values())
        shared_zone = zones.most_common(1)[0][0] if zones else "UTC"
        steps = [step for step in self.steps if step and not HOUR % step]
        settings = {
            "timezone": shared_zone,
            "resolution": isodate.duration_isoformat(min(steps, default=STEP)),
            "currency": self._currency(),
        }
        shared: dict[str, Any] = {"settings": settings}
        for sensor, sites in self._read():
            document = self.sites[min(sites)] if len(sites) == 1 or sensor.kind == "pv" else shared
            entry = self.sensors.described(sensor, document.get("timezone", shared_zone))
            document.setdefault("sensors", {})[sensor.name] = entry
            self._tell_assumed(sensor)
        return {SHARED_FILE: _yaml(shared)} | {
            f"{name}.yaml": _yaml(site) for name, site in self.sites.items()
        }

    def _read(self) -> list[tuple[NamedSensor, list[str]]]:
        """The sensors that are read in the end, and the sites that do."""
        read = {site: set(sensors_in(document).values()) for site, document in self.sites.items()}
        found = (
            (sensor, [site for site, names in read.items() if sensor.name in names])
            for sensor in self.sensors.named.values()
        )
        return [(sensor, sites) for sensor, sites in found if sites]

    def _currency(self) -> str:
        units = (sensor.exported.unit for sensor, _ in self._read() if sensor.kind == "price")
        return min(currencies_in([*units, *self.sites.values()]), default="EUR")

    def _tell_assumed(self, sensor: NamedSensor) -> None:
        if sensor.kind == "price":
            self.note(
                sensor.exported, "is taken as known from 13:00 on the day before: the export does not say"
            )
        if not sensor.exported.resolution:
            self.note(sensor.exported, f"has values at instants: it is read in steps of {STEP}")

    def _unique(self, name: str, asset_id: int, taken: Iterable[str]) -> str:
        return f"{name}-{asset_id}" if name in taken else name


def _yaml(document: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=110)
