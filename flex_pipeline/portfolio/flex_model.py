"""Flex-models: what a device can do, wants and may not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from flex_pipeline.portfolio.count import Count
from flex_pipeline.portfolio.fields import (
    Choice,
    Fault,
    FieldSpec,
    Flag,
    Length,
    ListOf,
    Quantity,
    Reading,
    Record,
    Text,
    join,
)
from flex_pipeline.portfolio.former import present_spelling
from flex_pipeline.portfolio.group import GROUP, GROUP_OF, group_faults
from flex_pipeline.portfolio.process import PROCESS, process_faults

# a part of soc-max, where it is written in %
ENERGY = Quantity("energy", minimum=0, alternative="ratio")
MINIMA = Quantity("energy", variable=True, minimum=0, overlap="max", alternative="ratio")
MAXIMA = Quantity("energy", variable=True, minimum=0, overlap="min", alternative="ratio")
STATES = Quantity("energy", variable=True, minimum=0, alternative="ratio")
CAPACITY = Quantity("power", variable=True, minimum=0, overlap="min")
# beyond these bounds it is a slip of the unit, and too far from 1 for exact arithmetic
CONVERSION = Quantity("ratio", variable=True, minimum=0.001, maximum=1000)
COMPONENTS = ListOf(Quantity("power", variable=True, alternative="energy"))
BAND = ListOf(Quantity("power", minimum=0), length=2)
POWER = Quantity("power", variable=True)

OPERATION_MODE = Record(
    (
        FieldSpec("consumption-range", BAND, "Lowest and highest consumption of this mode."),
        FieldSpec("production-range", BAND, "Lowest and highest production of this mode."),
    ),
    exactly_one_of=(("consumption-range",), ("production-range",)),
)

STORAGE = Record(
    (
        FieldSpec(
            "soc-at-start",
            ENERGY,
            "Energy in store at the start.",
            "the measured state-of-charge, else 0 kWh if the device has a stock",
            former={"soc_in_mwh": "MWh"},
        ),
        FieldSpec(
            "state-of-charge",
            STATES,
            "What was measured in store; the value nearest to the start, at most four steps away, begins.",
        ),
        FieldSpec("soc-unit", Choice(("kWh", "MWh")), "Unit of energies that are written as a bare number."),
        FieldSpec(
            "soc-min", ENERGY, "Never less at the end of a step.", "0 kWh", former={"min_soc_in_mwh": "MWh"}
        ),
        FieldSpec(
            "soc-max",
            Quantity("energy", minimum=0),
            "Never more at the end of a step.",
            former={"max_soc_in_mwh": "MWh"},
        ),
        FieldSpec(
            "soc-minima",
            MINIMA,
            "At least this much at an instant, or throughout a range including both ends.",
        ),
        FieldSpec(
            "soc-maxima",
            MAXIMA,
            "At most this much at an instant, or throughout a range including both ends.",
        ),
        FieldSpec(
            "soc-targets",
            STATES,
            "Exactly this much at an instant; a target after the end extends the horizon.",
        ),
        FieldSpec(
            "soc-at-end",
            ENERGY,
            "At least this much at the end of the horizon, as soft or hard as soc-minima.",
        ),
        FieldSpec(
            "soc-value-at-end",
            Quantity("energy price"),
            "What each kWh is worth that is still in store at the end of the horizon.",
            "0",
        ),
        FieldSpec(
            "soc-gain",
            COMPONENTS,
            "Power that flows into the store by itself, unchanged by conversion; an energy counts per step.",
            "[]",
        ),
        FieldSpec("soc-usage", COMPONENTS, "Power taken out of the store by use, in the same way.", "[]"),
        FieldSpec(
            "roundtrip-efficiency",
            Quantity("ratio", above=0, maximum=1),
            "Energy out per energy in; each direction has its square root.",
            "100%",
        ),
        FieldSpec(
            "charging-efficiency", CONVERSION, "Energy stored per energy in; above 100% for a COP.", "100%"
        ),
        FieldSpec(
            "discharging-efficiency", CONVERSION, "Energy out per energy taken from the store.", "100%"
        ),
        FieldSpec(
            "storage-efficiency",
            Quantity("ratio", variable=True, minimum=0),
            "Part of the store that is left after the duration it is stated for; never more than 100%.",
            "100%",
        ),
        FieldSpec(
            "storage-efficiency-duration",
            Length(),
            "The duration that storage-efficiency is stated for.",
            "the step of its series, or of the sensor",
        ),
        FieldSpec("prefer-charging-sooner", Flag(), "At equal cost, keep the store full sooner.", "true"),
        FieldSpec(
            "prefer-curtailing-later", Flag(), "At equal cost, curtail later rather than sooner.", "true"
        ),
        FieldSpec(
            "power-capacity",
            CAPACITY,
            "Bound on power both ways.",
            "the larger directional capacity",
            former={"capacity_in_mw": "MW"},
        ),
        FieldSpec(
            "consumption-capacity",
            CAPACITY,
            "Bound on consumption; where only production-capacity is given and not zero, zero.",
            "power-capacity",
        ),
        FieldSpec(
            "production-capacity",
            CAPACITY,
            "Bound on production; where only consumption-capacity is given and not zero, zero.",
            "power-capacity",
        ),
        FieldSpec(
            "minimum-charging-power",
            Quantity("power", variable=True, minimum=0, overlap="max"),
            "Charges with at least this power, or not at all.",
            "0 kW",
        ),
        FieldSpec(
            "operation-modes", ListOf(OPERATION_MODE), "Bands of power; each step runs in one of them."
        ),
        FieldSpec(
            "shares-stock-of",
            Text(),
            "Name of the storage at this site whose store this one feeds too; the store is described there.",
        ),
        FieldSpec(
            "maximum-cycles-per-day",
            Quantity("ratio", minimum=0),
            "How often a local day the energy between soc-min and soc-max may be taken out of the store.",
        ),
        FieldSpec(
            "wear-price",
            Quantity("energy price", variable=True, minimum=0),
            "What a kWh of throughput, in or out, costs in wear.",
            "0",
        ),
        GROUP_OF,
        FieldSpec(
            "priority",
            Count(least=0),
            "At equal cost, devices with a higher one are filled sooner, those with the same one alike.",
            "after all that have one",
        ),
        FieldSpec("commodity", Text(), "What its power is of, such as gas or heat.", "electricity"),
        FieldSpec(
            "coupling",
            Text(),
            "Name of the converter that it is one side of: the powers of all its sides are in proportion.",
        ),
        FieldSpec(
            "coupling-coefficient",
            Quantity("ratio", variable=True, minimum=0.001, maximum=1000),
            "Its power per level of the converter.",
            "1",
        ),
        FieldSpec(
            "inflexible-consumption",
            POWER,
            "Makes it a fixed load that may belong to a group; of the other fields, only group and commodity apply.",
        ),
        FieldSpec("inflexible-production", POWER, "Makes it fixed generation, in the same way."),
    )
)

PARTS_OF_SOC_MAX = tuple(
    field.name
    for field in STORAGE.fields
    if isinstance(field.type, Quantity)
    and (field.type.dimension, field.type.alternative) == ("energy", "ratio")
)

FIXED = ("inflexible-consumption", "inflexible-production")

FLEX_MODELS: dict[str, Record] = {"storage": STORAGE, "process": PROCESS, "group": GROUP}


def device_types() -> list[str]:
    """What a device can be, those of plugins too; a group is none."""
    return [name for name in FLEX_MODELS if name != "group"]


def add_fields(device_type: str, fields: Iterable[FieldSpec]) -> None:
    """Fields of a plugin, for a type of device that exists or a new one; ValueError where one exists already."""
    record = FLEX_MODELS.get(device_type, Record(()))
    for spec in fields:
        if any(known.name == spec.name for known in record.fields):
            raise ValueError(f"a {device_type} has a field {spec.name} already")
        record = replace(record, fields=(*record.fields, spec))
    FLEX_MODELS[device_type] = record


def check_flex_model(
    mapping: Any,
    device_type: str,
    *,
    allow_sensor: bool = True,
    allow_wall_clock: bool = True,
    path: str = "flex-model",
) -> list[Fault]:
    """Everything wrong with a flex-model, before its data are known."""
    mapping = present_spelling(mapping, FLEX_MODELS[device_type], path).document
    unit = mapping.get("soc-unit") if isinstance(mapping, Mapping) else None
    reading = Reading(allow_sensor, allow_wall_clock, unit if unit in ("kWh", "MWh") else None)
    faults = list(FLEX_MODELS[device_type].faults(mapping, path, reading))
    if not isinstance(mapping, Mapping):
        return faults
    return faults + [fault for check in CHECKS.get(device_type, ()) for fault in check(mapping, path)]


def _storage_faults(mapping: Mapping[str, Any], path: str) -> list[Fault]:
    if fixed := [name for name in FIXED if name in mapping]:
        return [
            Fault(join(path, name), mapping[name], f"says nothing where {fixed[0]} fixes the power")
            for name in mapping
            if name not in (fixed[0], "group", "commodity")
        ]
    field = "roundtrip-efficiency"
    others = [name for name in ("charging-efficiency", "discharging-efficiency") if name in mapping]
    faults = [
        Fault(join(path, field), mapping[field], f"give this or {name}")
        for name in others
        if field in mapping
    ]
    faults += [
        Fault(join(path, name), mapping[name], "is a part of soc-max, which is not given")
        for name in PARTS_OF_SOC_MAX
        if "soc-max" not in mapping and "%" in str(mapping.get(name))
    ]
    if not {"power-capacity", "consumption-capacity", "production-capacity"} & set(mapping):
        faults.append(
            Fault(join(path, "power-capacity"), None, f"is missing: {STORAGE['power-capacity'].text}")
        )
    return faults


# of fields against each other
CHECKS = {"storage": (_storage_faults,), "process": (process_faults,), "group": (group_faults,)}
