"""A portfolio: the sites, their devices and the sensors that describe them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from flex_pipeline.portfolio.aggregate import Aggregate
from flex_pipeline.portfolio.expected import Expected, Repair
from flex_pipeline.portfolio.fields import sensors_in
from flex_pipeline.portfolio.kind import Kind
from flex_pipeline.portfolio.retention import Retention
from flex_pipeline.portfolio.sensor import Duration, Sensor, TimeOfDay

BillingPeriod = Literal["day", "month", "year"]


class Settings(BaseModel):
    """What holds for all sites: when a day is planned, how far ahead and in which steps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    planning_time: TimeOfDay = Field(
        default=time(13, 15),
        alias="planning-time",
        description="When a day is planned, on the day before; what is known later has no say in it.",
    )
    look_ahead: Duration = Field(
        default=timedelta(hours=24),
        alias="look-ahead",
        description="How far beyond the day is planned, where prices or forecasts are known.",
    )
    resolution: Duration = Field(default=timedelta(minutes=15), description="The length of a step of a plan.")
    currency: str = Field(default="EUR", description="What costs are reported in.")
    billing_period: BillingPeriod = Field(
        default="month",
        alias="billing-period",
        description="Over which a peak is paid for once: what earlier days of it have reached costs no more.",
    )
    timezone: str = Field(
        default="Europe/Amsterdam",
        description="Of the planning time, and of all that does not state its own.",
    )
    quantiles: tuple[float, ...] = Field(
        default=(0.1, 0.5, 0.9),
        description="Which quantiles of a forecast are stored; plans are made with 0.5.",
    )
    plugins: tuple[str, ...] = Field(
        default=(), description="Modules that add fields to flex-models, or types of devices."
    )
    flex_context: dict[str, Any] = Field(
        default={},
        alias="flex-context",
        exclude=True,  # it is in the flex-contexts of the sites, which inherit it
        description="What holds for every site that does not state the same field itself.",
    )
    reports: str | None = Field(
        default=None,
        exclude=True,  # no part of what a plan was made with
        description="A folder with dbt models of your own, in SQL, that become assets beside the other reports.",
    )
    retention: Retention = Field(
        default_factory=Retention,
        exclude=True,  # no part of what a plan was made with
        description="How long old beliefs and models are kept; everything, unless stated.",
    )
    quality: Mapping[Kind, dict[str, Any]] = Field(
        default_factory=dict,
        description="By kind of sensor, what is expected of it where the sensor does not say otherwise.",
    )
    repair: Mapping[Kind, Repair] = Field(
        default_factory=dict,
        description="By kind of sensor, what fills in for faulty values where the sensor does not say otherwise.",
    )

    @field_validator("timezone")
    @classmethod
    def _exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, KeyError, OSError) as error:
            raise ValueError('is not a timezone; write for example "Europe/Amsterdam"') from error
        return value

    @field_validator("quantiles")
    @classmethod
    def _rise_over_the_median(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        rising = all(low < high for low, high in pairwise((0.0, *value, 1.0)))
        if not rising or 0.5 not in value:
            raise ValueError("must rise between 0 and 1 and hold 0.5; write for example [0.1, 0.5, 0.9]")
        return value

    @field_validator("quality")
    @classmethod
    def _can_be_expected(cls, value: Mapping[Kind, dict[str, Any]]) -> Mapping[Kind, dict[str, Any]]:
        for given in value.values():
            Expected.model_validate(given)
        return value

    @property
    def days_ahead(self) -> int:
        """How many days after a planned day its plans look ahead to, begun ones included."""
        return -(-self.look_ahead // timedelta(days=1))

    def planned_at(self, day: date) -> datetime:
        """When (UTC) a local day is planned: on the day before, at the planning time."""
        at = datetime.combine(day - timedelta(days=1), self.planning_time, ZoneInfo(self.timezone))
        return at.astimezone(UTC)


@dataclass(frozen=True)
class Device:
    """Something whose power can be chosen. Its id, `site/name`, is its partition."""

    device_id: str
    site_id: str
    name: str
    type: str
    flex_model: dict[str, Any]
    flex_context: dict[str, Any] = field(default_factory=dict)  # what it states instead of its site
    meter: str | None = None  # the sensor that measures its power; no plan depends on it

    @property
    def sensors(self) -> frozenset[str]:
        """Names of the sensors that its flex-model and its own flex-context read."""
        return frozenset(sensors_in([self.flex_model, self.flex_context]).values())

    @property
    def shares_stock_of(self) -> str | None:
        """Name of the device whose stock this one feeds; None where it has its own."""
        owner: str | None = self.flex_model.get("shares-stock-of")
        return owner


@dataclass(frozen=True)
class Site:
    """One connection to the grid and what lies behind it."""

    site_id: str
    timezone: str
    account: str
    latitude: float | None
    longitude: float | None
    flex_context: dict[str, Any]
    devices: tuple[Device, ...]
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)  # their limits, by name

    @property
    def sensors(self) -> frozenset[str]:
        """Names of the sensors that its flex-context and its groups read."""
        return frozenset(sensors_in([self.flex_context, *self.groups.values()]).values())

    def sensors_of(self, device: Device) -> frozenset[str]:
        """Those without which a device cannot be planned: its own, its converter's other sides', the connection's."""
        converter = device.flex_model.get("coupling")
        sides = (d for d in self.devices if converter and d.flex_model.get("coupling") == converter)
        return device.sensors.union(self.sensors, *(side.sensors for side in sides))


@dataclass(frozen=True)
class Portfolio:
    """All that is scheduled, as read from one folder."""

    folder: Path
    settings: Settings
    sites: tuple[Site, ...]
    sensors: dict[str, Sensor]
    notices: tuple[str, ...] = ()  # spellings that had to be changed, with their file
    aggregates: tuple[Aggregate, ...] = ()

    @property
    def devices(self) -> tuple[Device, ...]:
        """All devices, by id."""
        return tuple(sorted((d for site in self.sites for d in site.devices), key=lambda d: d.device_id))

    @property
    def shared_sensors(self) -> frozenset[str]:
        """Names of the feeds that no single site owns, such as market prices."""
        return frozenset(name for name, sensor in self.sensors.items() if sensor.site is None)

    def site(self, site_id: str) -> Site:
        """KeyError when there is none of that name."""
        return self.site_by_id[site_id]

    @cached_property
    def site_by_id(self) -> dict[str, Site]:
        """The sites, by id."""
        return {site.site_id: site for site in self.sites}

    def sensors_of_devices(self) -> dict[str, frozenset[str]]:
        """The sensors without which each device cannot be planned."""
        return {d.device_id: site.sensors_of(d) for site in self.sites for d in site.devices}

    def content(self) -> dict[str, Any]:
        """The whole configuration as plain values: what a plan says it used. The folder is not part of it."""
        return {
            "settings": self.settings.model_dump(mode="json", by_alias=True),
            "sensors": {n: s.model_dump(mode="json", by_alias=True) for n, s in sorted(self.sensors.items())},
            "aggregates": [aggregate.model_dump(mode="json") for aggregate in self.aggregates],
            "sites": {
                site.site_id: {
                    "timezone": site.timezone,
                    "account": site.account,
                    "location": [site.latitude, site.longitude],
                    "flex-context": site.flex_context,
                    # lists: their order is that of the problem, and JSON in a database keeps none of keys
                    "groups": [{"name": name, "flex-model": model} for name, model in site.groups.items()],
                    "devices": [
                        {
                            "name": device.name,
                            "type": device.type,
                            "flex-model": device.flex_model,
                            "flex-context": device.flex_context,
                            "meter": device.meter,
                        }
                        for device in site.devices
                    ],
                }
                for site in self.sites
            },
        }

    @classmethod
    def of_content(cls, content: Mapping[str, Any], folder: Path) -> Portfolio:
        """The portfolio that has a content; the other way round of `content`."""
        return cls(
            folder,
            Settings.model_validate(content["settings"]),
            tuple(_site(site_id, given) for site_id, given in sorted(content["sites"].items())),
            {name: Sensor.model_validate(given) for name, given in content["sensors"].items()},
            aggregates=tuple(Aggregate.model_validate(given) for given in content.get("aggregates", ())),
        )

    def content_hash(self) -> str:
        """Equal for equal configurations, wherever they are read from."""
        text = json.dumps(self.content(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _site(site_id: str, given: Mapping[str, Any]) -> Site:
    devices = tuple(
        Device(
            f"{site_id}/{device['name']}",
            site_id,
            device["name"],
            device["type"],
            device["flex-model"],
            device["flex-context"],
            device.get("meter"),
        )
        for device in given["devices"]
    )
    groups = {group["name"]: group["flex-model"] for group in given["groups"]}
    latitude, longitude = given["location"]
    context = given["flex-context"]
    return Site(site_id, given["timezone"], given["account"], latitude, longitude, context, devices, groups)
