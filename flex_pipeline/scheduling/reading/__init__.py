"""From a problem file's mapping to a `Problem`: everything checked, everything in arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.belonging import belonging_faults, commodity_of, is_group
from flex_pipeline.portfolio.fields import Choice, Fault, FieldSpec, Instant, Length, Reading, Record, Text
from flex_pipeline.portfolio.flex_context import (
    COMMODITY,
    DEVICE_CONTEXT,
    ELECTRICITY,
    FLEX_CONTEXT,
    by_commodity,
    check_device_context,
    check_flex_context,
    currencies_in,
    inherited,
)
from flex_pipeline.portfolio.flex_model import FIXED, FLEX_MODELS, check_flex_model
from flex_pipeline.portfolio.former import present_spelling
from flex_pipeline.portfolio.process import precedence_faults
from flex_pipeline.scheduling.addition import Addition
from flex_pipeline.scheduling.plugins import additions
from flex_pipeline.scheduling.problem import Problem, ProblemError, Stock, Storage
from flex_pipeline.scheduling.reading.arrays import Fields, Notes
from flex_pipeline.scheduling.reading.emissions import read_emissions_aim
from flex_pipeline.scheduling.reading.groups import (
    read_couplings,
    read_groups,
    read_priorities,
    read_promised,
)
from flex_pipeline.scheduling.reading.process import read_processes
from flex_pipeline.scheduling.reading.site import (
    read_commodity,
    read_site,
    site_capacities_are_relaxed,
)
from flex_pipeline.scheduling.reading.storage import (
    STOCK_FIELDS,
    has_stock,
    read_converter,
    read_retention,
    read_stock,
    read_storage,
)
from flex_pipeline.timeseries.grid import Grid
from flex_pipeline.timeseries.variable_quantity import Segments, parse_instant, parse_length

Array = NDArray[np.float64]

LONGEST_HORIZON = 2520  # steps to which targets after the end may extend it
COMMENTS = ("name", "kind", "doc", "expected", "end_effective")  # of example files

PROBLEM = Record(
    (
        FieldSpec("start", Instant(), "Start of the first step.", required=True),
        FieldSpec("end", Instant(), "End of the last step.", required=True),
        FieldSpec("resolution", Length(), "Length of a step.", required=True),
        FieldSpec("timezone", Text(), "Where local days begin, such as Europe/Amsterdam.", required=True),
    )
)
DEVICE = Record(
    (
        FieldSpec("name", Text(), "What the device is called.", required=True),
        FieldSpec("type", Text(), "What kind of device it is.", "storage"),
        FieldSpec(
            "sensor_resolution", Length(), "The step that storage-efficiency is stated for.", "resolution"
        ),
        FieldSpec("asset_type", Text(), "A word for people; it changes nothing."),
    )
)


def read_problem(mapping: Mapping[str, Any]) -> Problem:
    """Check a problem and turn it into arrays; ProblemError holds all faults at once."""
    mapping, spelling = _present(mapping)
    faults = _check(mapping)
    if faults:
        raise ProblemError(tuple(faults))
    timezone = ZoneInfo(mapping["timezone"])
    try:
        requested = Grid.from_bounds(
            parse_instant(mapping["start"]),
            parse_instant(mapping["end"]),
            parse_length(mapping["resolution"]),
        )
    except ValueError as error:
        raise ProblemError((Fault("end", mapping["end"], str(error)),)) from error
    grid = _extended(requested, mapping["devices"])
    fill = mapping["flex_context"].get("fill-missing-prices", "edges")
    notes = Notes(grid, timezone, fill, notices=list(spelling))
    if grid.n > requested.n:
        notes.notices.append(
            f"a target after the end extends the horizon to {grid.end_utc.astimezone(timezone)}"
        )
    problem = _read(mapping, notes)
    if notes.faults:
        raise ProblemError(tuple(notes.faults))
    return problem


def _present(mapping: Any) -> tuple[Any, tuple[str, ...]]:
    """The problem in the present spelling of its fields, and a notice for each former one."""
    if not isinstance(mapping, Mapping) or not isinstance(mapping.get("devices"), list):
        return mapping, ()
    context = present_spelling(mapping.get("flex_context", {}), FLEX_CONTEXT, "flex_context")
    notices, devices = list(context.notices), []
    for device in mapping["devices"]:
        record = FLEX_MODELS.get(str(_mapping(device).get("type", "storage")))
        if record is not None and "flex_model" in _mapping(device):
            model = present_spelling(device["flex_model"], record, str(device.get("name")))
            notices += model.notices
            device = _with_owner_by_name({**device, "flex_model": model.document}, mapping["devices"])
        if "flex_context" in _mapping(device):
            own = present_spelling(device["flex_context"], DEVICE_CONTEXT, str(device.get("name")))
            notices += own.notices
            device = {**device, "flex_context": own.document}
        devices.append(device)
    return {**mapping, "flex_context": context.document, "devices": devices}, tuple(notices)


def _with_owner_by_name(device: dict[str, Any], devices: list[Any]) -> dict[str, Any]:
    """A device that names the owner of its stock by index as one that does so by name."""
    if "shares_stock_of" not in device or not isinstance(device["flex_model"], Mapping):
        return device
    owner = device.pop("shares_stock_of")
    if owner is None:
        return device
    if isinstance(owner, int) and not isinstance(owner, bool) and 0 <= owner < len(devices):
        owner = _mapping(devices[owner]).get("name")
    return {**device, "flex_model": {**device["flex_model"], "shares-stock-of": owner}}


def _check(mapping: Mapping[str, Any]) -> list[Fault]:
    if not isinstance(mapping, Mapping):
        return [
            Fault("", mapping, "a problem is an object with start, end, resolution, timezone and devices")
        ]
    known = {
        key: value for key, value in mapping.items() if key not in ("flex_context", "devices", *COMMENTS)
    }
    faults = list(PROBLEM.faults(known, "", Reading()))
    try:
        ZoneInfo(str(mapping.get("timezone")))
    except (KeyError, ValueError, OSError):
        faults.append(
            Fault("timezone", mapping.get("timezone"), "is not a timezone, such as Europe/Amsterdam")
        )
    context = mapping.get("flex_context", {})
    faults += check_flex_context(context, allow_sensor=False, allow_wall_clock=False, path="flex_context")
    devices = mapping.get("devices")
    if not isinstance(devices, list) or not devices:
        return [*faults, Fault("devices", devices, "needs a list of at least one device")]
    for i, device in enumerate(devices):
        faults += _check_device(device, i, devices)
    faults += precedence_faults(_processes(devices), "{}")
    if not faults:
        entries = {f"devices[{i}].flex_model": device for i, device in enumerate(devices)}
        faults += belonging_faults(entries, by_commodity(context, "flex_context"))
        if all(map(is_group, devices)):
            faults.append(Fault("devices", devices, "are groups alone: there is nothing to schedule"))
    currencies = currencies_in([context, *devices])
    if len(currencies) > 1 and len(currencies_in(context)) < 2:
        faults.append(Fault("devices", sorted(currencies), f"mixes {' and '.join(sorted(currencies))}"))
    return faults


def _check_device(device: Any, i: int, devices: list[Any]) -> list[Fault]:
    path = f"devices[{i}]"
    if not isinstance(device, Mapping):
        return [Fault(path, device, "needs name, type and flex_model")]
    own = {key: value for key, value in device.items() if key not in ("flex_model", "flex_context")}
    faults = list(DEVICE.faults(own, path, Reading()))
    if any(isinstance(other, Mapping) and other.get("name") == device.get("name") for other in devices[:i]):
        faults.append(Fault(f"{path}.name", device.get("name"), "is the name of another device too"))
    kind, model = device.get("type", "storage"), device.get("flex_model")
    unknown = list(Choice(tuple(FLEX_MODELS)).faults(kind, f"{path}.type", Reading()))
    if unknown:
        faults += unknown
    else:
        faults += check_flex_model(
            model, kind, allow_sensor=False, allow_wall_clock=False, path=f"{path}.flex_model"
        )
    if kind == "group" and "flex_context" in device:
        message = (
            "a group has none: state its breach prices in its flex_model, and what is relaxed for the site"
        )
        return [*faults, Fault(f"{path}.flex_context", device["flex_context"], message)]
    faults += check_device_context(
        device.get("flex_context", {}),
        allow_sensor=False,
        allow_wall_clock=False,
        path=f"{path}.flex_context",
    )
    return faults + _check_sharing(device, path, devices)


def _check_sharing(device: Mapping[str, Any], path: str, devices: list[Any]) -> list[Fault]:
    model = _mapping(device.get("flex_model"))
    if model.get("shares-stock-of") is None:
        return []
    named = (_mapping(d) for d in devices if _mapping(d).get("name") == model["shares-stock-of"])
    owner = next(named, {})
    shares = "shares-stock-of" in _mapping(owner.get("flex_model", model))
    if owner.get("type", "storage") != "storage" or shares:
        field, message = f"{path}.flex_model.shares-stock-of", "must name a storage with a stock of its own"
        return [Fault(field, model["shares-stock-of"], message)]
    message = f"belongs to the device whose stock it is, {owner['name']}"
    return [
        Fault(f"{path}.flex_model.{name}", model[name], message) for name in STOCK_FIELDS if name in model
    ]


def _processes(devices: list[Any]) -> dict[str, Mapping[str, Any]]:
    found = [device for device in map(_mapping, devices) if device.get("type") == "process"]
    return {str(device.get("name")): _mapping(device.get("flex_model")) for device in found}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _extended(grid: Grid, devices: list[Any]) -> Grid:
    """The grid up to the last target, in whole steps."""
    ends: list[datetime] = [grid.end_utc]
    for device in devices:
        fields = Fields(
            device["flex_model"], FLEX_MODELS[device.get("type", "storage")], "", Notes(grid, ZoneInfo("UTC"))
        )
        if "soc-targets" in fields and isinstance(targets := fields.quantity("soc-targets"), Segments):
            ends += [segment.end_utc for segment in targets.segments]
    steps = max(grid.n, min(math.ceil(grid.position(max(ends))), LONGEST_HORIZON))
    return Grid(grid.start_utc, grid.resolution, steps)


def _read(mapping: Mapping[str, Any], notes: Notes) -> Problem:
    contexts = [
        Fields(context, COMMODITY if "commodity" in context else FLEX_CONTEXT, path, notes)
        for path, context in by_commodity(mapping["flex_context"], "flex_context").items()
    ]
    context, entries = contexts[0], {device["name"]: device for device in mapping["devices"]}
    models = {
        name: Fields(entry["flex_model"], FLEX_MODELS[entry.get("type", "storage")], name, notes)
        for name, entry in entries.items()
    }
    devices = [entry for entry in entries.values() if not is_group(entry)]
    fixed = {name: _fixed_kw(model) for name, model in models.items() if _is_fixed(model)}
    chosen = [device for device in devices if device["name"] not in fixed]
    storages, stocks = _read_storages(
        chosen, [models[d["name"]] for d in chosen], [_context_of(d, context) for d in chosen]
    )
    relaxed = site_capacities_are_relaxed(context)
    problem = Problem(
        notes.grid,
        notes.timezone,
        next(iter(currencies_in([mapping["flex_context"], mapping["devices"]])), "EUR"),
        read_site(context),
        storages,
        stocks,
        read_processes({d["name"]: models[d["name"]] for d in chosen if d.get("type") == "process"}),
        tuple(device["name"] for device in devices),
        (),
        _additions(chosen, models),
        tuple(read_commodity(other, relaxed) for other in contexts[1:]),
        {d["name"]: commodity_of(d) for d in devices if commodity_of(d) != ELECTRICITY},
        (
            *read_groups(entries, models, context),
            *(group for some in contexts for group in read_promised(some, entries)),
        ),
        read_couplings(models, storages),
        read_priorities(models, storages),
        emissions=read_emissions_aim(context),
    ).with_fixed(fixed)
    return replace(problem, notices=tuple(notes.notices))


def _additions(devices: list[Any], models: Mapping[str, Fields]) -> tuple[Addition, ...]:
    """What plugins make of the devices."""
    return tuple(
        addition
        for device in devices
        for addition in additions(device.get("type", "storage"), models[device["name"]], device["name"])
    )


def _context_of(device: Mapping[str, Any], site: Fields) -> Fields:
    """The flex-context that holds for a device: the site's, but for what it states itself."""
    own = device.get("flex_context")
    if not own:
        return site
    return Fields(inherited(site.mapping, own), FLEX_CONTEXT, f"{device['name']}.flex_context", site.notes)


def _is_fixed(model: Fields) -> bool:
    return model.record is FLEX_MODELS["storage"] and any(name in model for name in FIXED)


def _fixed_kw(model: Fields) -> Array:
    """Power of a device that leaves no choice, consumption positive; unknown steps count as 0, with a notice."""
    name = next(name for name in FIXED if name in model)
    power = model.array(name, fill=0.0)
    return power if name == "inflexible-consumption" else -power


def _read_storages(
    devices: list[Any], models: list[Fields], contexts: list[Fields]
) -> tuple[tuple[Storage, ...], tuple[Stock, ...]]:
    converters = {
        i: read_converter(models[i], contexts[i])
        for i, device in enumerate(devices)
        if device.get("type", "storage") == "storage"
    }
    place = {device["name"]: i for i, device in enumerate(devices)}
    owner = {i: place[models[i].mapping.get("shares-stock-of", devices[i]["name"])] for i in converters}
    stocks: list[Stock] = []
    index: dict[int, int] = {}
    spread = {}
    for i in converters:
        if owner[i] != i:
            continue
        retention, spread[i] = read_retention(models[i], _sensor_resolution(devices[i]))
        feeders = [converters[j] for j in converters if owner[j] == i]
        if has_stock(models[i]) or len(feeders) > 1:
            index[i] = len(stocks)
            stocks.append(
                read_stock(models[i], devices[i]["name"], contexts[i], retention, spread[i], feeders)
            )
    storages = [
        read_storage(models[i], devices[i]["name"], converters[i], spread[owner[i]], index.get(owner[i]))
        for i in converters
    ]
    return tuple(storages), tuple(stocks)


def _sensor_resolution(device: Mapping[str, Any]) -> timedelta | None:
    return parse_length(device["sensor_resolution"]) if "sensor_resolution" in device else None
