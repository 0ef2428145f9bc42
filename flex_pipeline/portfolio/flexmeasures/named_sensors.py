"""The sensors that an imported portfolio reads: their names here, what they measure, and where they are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import isodate

from flex_pipeline.portfolio.flexmeasures.export import NO_URL, Export, ExportedSensor
from flex_pipeline.portfolio.sensor import Kind
from flex_pipeline.timeseries.units import Dimension, measures

HOUR, STEP = timedelta(hours=1), timedelta(minutes=15)
MEASURED: dict[Kind, Dimension] = {
    "price": "energy price",
    "load": "power",
    "pv": "power",
    "availability": "power",
    "usage": "power",
    "efficiency": "ratio",
    "soc-minima": "energy",
}
PUBLISHED = "13:00"  # of day-ahead prices; the API does not tell when a value can be known
SOURCE_FILTERS = ("source-types", "exclude-source-types", "sources", "source-account")


class NotCarriedOverError(ValueError):
    """Why a sensor cannot be read here."""


@dataclass(frozen=True)
class NamedSensor:
    """A sensor that some field reads, its name here, and what it measures."""

    exported: ExportedSensor
    name: str
    kind: Kind


@dataclass
class NamedSensors:
    """Gives each sensor a name, once."""

    export: Export
    located: set[str] = field(
        default_factory=set
    )  # sites whose place is known: the sun's position bounds a pv
    named: dict[int, NamedSensor] = field(default_factory=dict)

    def reference(self, given: Mapping[str, Any], of_field: str, site: str) -> dict[str, Any]:
        """A reference to a sensor by number as one by name. Raises NotCarriedOverError."""
        exported = self.export.sensor(given["sensor"])
        if exported is None:
            raise NotCarriedOverError(f"sensor {given['sensor']} is not in the export")
        if filters := [name for name in SOURCE_FILTERS if name in given]:
            raise NotCarriedOverError(
                f"{exported} is filtered by {', '.join(filters)}, which a sensor here cannot be"
            )
        kind = self._kind(exported, of_field, site)
        _refuse_misfit(exported, kind)
        if exported.sensor_id not in self.named:
            self.named[exported.sensor_id] = NamedSensor(exported, self._name(exported, site), kind)
        known = self.named[exported.sensor_id]
        if known.kind != kind:
            raise NotCarriedOverError(
                f"{exported} is read as {known.kind} elsewhere, and cannot be {kind} too"
            )
        return {"sensor": known.name} | {name: value for name, value in given.items() if name != "sensor"}

    def described(self, sensor: NamedSensor, timezone: str) -> dict[str, Any]:
        """The sensor as a portfolio has it, in a file of a timezone."""
        exported = sensor.exported
        given = exported.resolution or STEP  # at instants: whatever is asked for
        resolution = min(given, HOUR)
        of_energy = MEASURED[sensor.kind] == "power" and measures(exported.unit, "energy")
        unit = "kW" if of_energy else exported.unit
        read: dict[str, Any] = {
            "flexmeasures": {"url": self.export.url or NO_URL, "sensor": exported.sensor_id}
        }
        if of_energy:
            read["unit"] = exported.unit
        if exported.resolution != resolution:
            read["resolution"] = _iso(given)
        return {
            "unit": unit or "dimensionless",
            "resolution": _iso(resolution),
            "kind": sensor.kind,
            **({"timezone": exported.timezone} if exported.timezone != timezone else {}),
            **({"known": {"day-ahead": PUBLISHED}} if sensor.kind == "price" else {}),
            "source": read,
        }

    def _kind(self, exported: ExportedSensor, of_field: str, site: str) -> Kind:
        asset = self.export.asset_of(exported)
        is_solar = asset is not None and asset.type == "solar" and site in self.located
        if of_field.endswith(("price", "price-sensor")):
            return "price"
        if of_field in ("inflexible-production", "production-capacity") and is_solar:
            return "pv"
        if of_field in ("inflexible-consumption", "inflexible-production"):
            return "load"
        if of_field.endswith("-efficiency"):
            return "efficiency"
        if of_field in ("soc-minima", "soc-maxima", "soc-targets"):
            return "soc-minima"
        return "usage" if of_field in ("soc-usage", "soc-gain") else "availability"

    def _name(self, exported: ExportedSensor, site: str) -> str:
        asset = self.export.asset_of(exported)
        name = f"{slug(asset.name) if asset else site}.{slug(exported.name)}"
        taken = {known.name for known in self.named.values()}
        return f"{name}-{exported.sensor_id}" if name in taken else name


def slug(name: str) -> str:
    """A name that fits into ids of sites, devices and files.

    >>> slug("Toy / Battery (1)")
    'toy-battery-1'
    """
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-") or "unnamed"


def _refuse_misfit(exported: ExportedSensor, kind: Kind) -> None:
    dimension = MEASURED[kind]
    of_energy = dimension == "power" and measures(exported.unit or "dimensionless", "energy")
    if not measures(exported.unit or "dimensionless", dimension) and not of_energy:
        raise NotCarriedOverError(f'{exported} is in "{exported.unit}", which is no unit of {kind} here')
    step = exported.resolution or STEP
    if (step < HOUR and HOUR % step) or (step > HOUR and step % HOUR):
        raise NotCarriedOverError(f"{exported} has steps of {step}, of which an hour has no whole number")


def _iso(step: timedelta) -> str:
    return str(isodate.duration_isoformat(step))
