"""What a device belongs to: a group, a commodity, a converter, a rank of priority. Refused where it is not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flex_pipeline.portfolio.fields import Fault
from flex_pipeline.portfolio.flex_context import ELECTRICITY

Entry = Mapping[str, Any]  # of the list of devices


def model_of(entry: Entry) -> Mapping[str, Any]:
    """Its flex-model; empty where that is no mapping."""
    model = entry.get("flex_model")
    return model if isinstance(model, Mapping) else {}


def is_group(entry: Entry) -> bool:
    """Whether an entry is a group, and so no device."""
    return entry.get("type") == "group"


def groups_around(name: str, entries: Mapping[str, Entry]) -> list[str]:
    """The groups that a device or group is inside, from the nearest on; in a cycle each of them once."""
    found: list[str] = []
    while (name := model_of(entries.get(name, {})).get("group", "")) and name not in found:
        found.append(name)
    return found


def commodity_of(entry: Entry) -> str:
    """What the power of a device is of."""
    return str(model_of(entry).get("commodity", ELECTRICITY))


def belonging_faults(
    devices: Mapping[str, Entry], contexts: Mapping[str, Mapping[str, Any]]
) -> Iterator[Fault]:
    """Unknown names, groups inside themselves, and groups and converters that cannot be.

    `devices`: devices and groups, by the path of their flex-model; `contexts`: the flex-context of each commodity, by
    its path.
    """
    entries = {str(device["name"]): device for device in devices.values()}
    commodities = {str(context.get("commodity", ELECTRICITY)) for context in contexts.values()}
    for path, device in devices.items():
        yield from _name_faults(path, str(device["name"]), entries, commodities)
        if "coupling" in model_of(device):
            yield from _coupling_faults(f"{path}.coupling", device, devices.values())
    for path, context in contexts.items():
        yield from _promise_faults(path, context, entries)


def _name_faults(
    path: str, name: str, entries: Mapping[str, Entry], commodities: set[str]
) -> Iterator[Fault]:
    device, commodity = entries[name], commodity_of(entries[name])
    if (group := model_of(device).get("group")) is not None:
        yield from _unknown(f"{path}.group", group, "group", _names(entries, groups=True))
        if is_group(device) and name in groups_around(name, entries):
            yield Fault(f"{path}.group", group, "makes the group a part of itself")
    yield from _unknown(f"{path}.commodity", commodity, "commodity", commodities)
    if is_group(device):
        inside = {
            commodity_of(entry)
            for other, entry in entries.items()
            if not is_group(entry) and name in groups_around(other, entries)
        }
        if len(inside) > 1:
            mix = " and ".join(sorted(inside))
            yield Fault(path, name, f"adds up power of {mix}: a group has devices of one commodity")


def _coupling_faults(path: str, device: Entry, devices: Iterable[Entry]) -> Iterator[Fault]:
    model = model_of(device)
    if sum(model_of(other).get("coupling") == model["coupling"] for other in devices) < 2:
        yield Fault(path, model["coupling"], "couples no other device")
    if any(field.startswith(("soc-", "state-of")) or field == "shares-stock-of" for field in model):
        message = "is one side of a converter, which holds no energy: make the store a device of its own"
        yield Fault(path, model["coupling"], message)


def _promise_faults(path: str, context: Mapping[str, Any], entries: Mapping[str, Entry]) -> Iterator[Fault]:
    commodity = context.get("commodity", ELECTRICITY)
    devices = {n for n in _names(entries, groups=False) if commodity_of(entries[n]) == commodity}
    others = _names(entries, groups=False) - devices
    groups = _names(entries, groups=True) - {g for name in others for g in groups_around(name, entries)}
    for i, promise in enumerate(context.get("commitments", [])):
        at = f"{path}.commitments[{i}]"
        if "group" in promise:
            yield from _unknown(f"{at}.group", promise["group"], f"group on {commodity}", groups)
        for name in promise.get("devices", []):
            yield from _unknown(f"{at}.devices", name, f"device on {commodity}", devices)


def _names(entries: Mapping[str, Entry], *, groups: bool) -> set[str]:
    return {name for name, entry in entries.items() if is_group(entry) == groups}


def _unknown(path: str, name: str, what: str, known: set[str]) -> Iterator[Fault]:
    if name not in known:
        yield Fault(path, name, f"is no {what} of this site; known: {', '.join(sorted(known)) or 'none'}")
