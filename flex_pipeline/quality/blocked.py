"""What faults keep from being planned: the whole date, or only the devices behind a faulty sensor."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from flex_pipeline.quality.verdict import Verdict


@dataclass(frozen=True)
class Blocked:
    """`date`: nobody can be planned, for `reason`. `devices`: who else cannot be, and why."""

    date: bool
    reason: str
    devices: dict[str, str]


def blocked(
    verdicts: Iterable[Verdict], sensors_of_device: Mapping[str, Collection[str]], shared: Collection[str]
) -> Blocked:
    """An error of a shared feed blocks the date; one of another sensor only the devices that depend on it.

    `sensors_of_device` names every sensor that the plan of a device reads. Warnings block nothing.
    """
    faults: dict[str, list[str]] = {}
    for verdict in verdicts:
        if not verdict.passed and verdict.severity == "error":
            faults.setdefault(verdict.sensor, []).append(f"{verdict.sensor}: {verdict.observed}")
    own = {sensor: reasons for sensor, reasons in faults.items() if sensor not in shared}
    feeds = [reason for sensor in sorted(faults.keys() - own.keys()) for reason in faults[sensor]]
    devices = {
        device: "; ".join(reason for sensor in sorted(own.keys() & set(sensors)) for reason in own[sensor])
        for device, sensors in sensors_of_device.items()
    }
    return Blocked(bool(feeds), "; ".join(feeds), {device: why for device, why in devices.items() if why})
