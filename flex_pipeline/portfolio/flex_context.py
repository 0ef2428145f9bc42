"""The flex-context: what a site pays for energy, and what its connection can carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flex_pipeline.portfolio.emissions import AIMS, INTENSITIES, emission_faults
from flex_pipeline.portfolio.fields import (
    Choice,
    Fault,
    FieldSpec,
    Flag,
    ListOf,
    Quantity,
    Reading,
    Record,
    Text,
    join,
)
from flex_pipeline.portfolio.former import present_spelling
from flex_pipeline.timeseries.units import CURRENCIES

ELECTRICITY = "electricity"
ENERGY_PRICE = Quantity("energy price", variable=True)
BREACH_PER_POWER = Quantity("power price", variable=True, minimum=0)
BREACH_PER_ENERGY = Quantity("energy price", variable=True, minimum=0)
CAPACITY = Quantity("power", variable=True, minimum=0, overlap="min")
POWER = Quantity("power", variable=True)
COMMITMENT_PRICE = Quantity("energy price", variable=True, alternative="power price")

COMMITMENT = Record(
    (
        FieldSpec("name", Text(), "What the commitment is called in the costs.", required=True),
        FieldSpec("baseline", POWER, "Net power promised; consumption positive.", required=True),
        FieldSpec(
            "up-price",
            COMMITMENT_PRICE,
            "Price of net power above the baseline: per energy, or per power in each step.",
            "0",
        ),
        FieldSpec(
            "down-price",
            COMMITMENT_PRICE,
            "Price of net power below the baseline; a negative one penalises the shortfall.",
            "0",
        ),
        FieldSpec(
            "devices",
            ListOf(Text()),
            "Names of the devices whose net power it is about.",
            "all of the site",
            former={"sensors": ""},
        ),
        FieldSpec("group", Text(), "Name of the group whose net power it is about, in place of devices."),
    )
)

CONNECTION = (
    FieldSpec("consumption-price", ENERGY_PRICE, "Price of energy that the site takes from the grid."),
    FieldSpec(
        "production-price",
        ENERGY_PRICE,
        "Price received for energy that the site delivers to the grid.",
        "the consumption price",
    ),
    FieldSpec(
        "site-power-capacity",
        CAPACITY,
        "What the connection can carry, both ways; never exceeded.",
        former={"capacity_in_mw": "MW"},
    ),
    FieldSpec(
        "site-consumption-capacity",
        CAPACITY,
        "Bound on the net power taken from the grid.",
        former={"consumption_capacity_in_mw": "MW"},
    ),
    FieldSpec(
        "site-production-capacity",
        CAPACITY,
        "Bound on the net power delivered to the grid.",
        former={"production_capacity_in_mw": "MW"},
    ),
    FieldSpec(
        "site-consumption-breach-price",
        BREACH_PER_POWER,
        "Price of exceeding site-consumption-capacity: on the highest breach, and per hour on each.",
        "10 000 per kW where site capacities are relaxed",
    ),
    FieldSpec(
        "site-production-breach-price",
        BREACH_PER_POWER,
        "The same for site-production-capacity.",
        "10 000 per kW where site capacities are relaxed",
    ),
    FieldSpec(
        "site-peak-consumption",
        CAPACITY,
        "Peak that is paid for already; only what exceeds it costs.",
        "0 kW",
    ),
    FieldSpec("site-peak-consumption-price", BREACH_PER_POWER, "Price of the highest net consumption."),
    FieldSpec("site-peak-production", CAPACITY, "The same for production.", "0 kW"),
    FieldSpec("site-peak-production-price", BREACH_PER_POWER, "Price of the highest net production."),
    FieldSpec("inflexible-consumption", ListOf(POWER), "Fixed loads; positive is consumption.", "[]"),
    FieldSpec("inflexible-production", ListOf(POWER), "Fixed generation; positive is production.", "[]"),
    *INTENSITIES,
    FieldSpec(
        "commitments", ListOf(COMMITMENT), "Further prices on deviating from a promised net power.", "[]"
    ),
)

COMMODITY = Record(
    (
        FieldSpec("commodity", Text(), "What the connection carries, such as gas or heat.", required=True),
        *CONNECTION,
    )
)

FLEX_CONTEXT = Record(
    (
        *CONNECTION,
        FieldSpec(
            "fill-missing-prices",
            Choice(("edges", "hold", "none")),
            "Where prices are unknown: edges holds the first and last known one, hold also the last known one "
            "in between, none fills nothing. What is not filled is an error, what is filled is told.",
            "edges",
        ),
        FieldSpec(
            "consumption-price-sensor",
            ENERGY_PRICE,
            "Former name of consumption-price; turns the default breach prices off.",
            by_name=True,
        ),
        FieldSpec("production-price-sensor", ENERGY_PRICE, "Former name of production-price.", by_name=True),
        FieldSpec(
            "soc-minima-breach-price",
            BREACH_PER_ENERGY,
            "Price of falling short of soc-minima: of the largest shortfall, and per hour of each.",
            "1 000 per kWh where SoC constraints are relaxed",
        ),
        FieldSpec(
            "soc-maxima-breach-price",
            BREACH_PER_ENERGY,
            "Price of exceeding soc-maxima, in the same way.",
            "1 000 per kWh where SoC constraints are relaxed",
        ),
        FieldSpec(
            "consumption-breach-price",
            BREACH_PER_POWER,
            "Price of exceeding a device's consumption-capacity.",
            "100 per kW with relax-capacity-constraints",
        ),
        FieldSpec(
            "production-breach-price",
            BREACH_PER_POWER,
            "Price of exceeding a device's production-capacity.",
            "100 per kW with relax-capacity-constraints",
        ),
        FieldSpec(
            "relax-constraints",
            Flag(),
            "Lets SoC statements and directional site capacities be breached at their price.",
            "true",
        ),
        FieldSpec("relax-soc-constraints", Flag(), "The same for SoC statements alone.", "relax-constraints"),
        FieldSpec(
            "relax-site-capacity-constraints",
            Flag(),
            "The same for directional site capacities alone.",
            "relax-constraints",
        ),
        FieldSpec(
            "relax-capacity-constraints", Flag(), "The same for directional device capacities.", "false"
        ),
        FieldSpec(
            "inflexible-device-sensors",
            ListOf(POWER),
            "Former way to state fixed power: negative is consumption, positive is production.",
            "[]",
            by_name=True,
        ),
        *AIMS,
        FieldSpec(
            "commodities",
            ListOf(COMMODITY),
            "Connections for other commodities than electricity. Without a price or a capacity in one direction, "
            "nothing flows that way; with none at all, what some devices deliver is what others take.",
            "[]",
        ),
    )
)

NO_QUANTITY = ("name", "values")  # the values of a series are numbers, in a unit beside them

# What a device may state for itself. The rest is the connection's, which all devices behind it share.
DEVICE_CONTEXT = Record(
    tuple(
        FLEX_CONTEXT[name]
        for name in (
            "soc-minima-breach-price",
            "soc-maxima-breach-price",
            "consumption-breach-price",
            "production-breach-price",
            "relax-constraints",
            "relax-soc-constraints",
            "relax-capacity-constraints",
        )
    )
)

# ways to state the same: who states one does not inherit the others
_FORMER_FIXED_POWER = "inflexible-device-sensors"
_INSTEAD_OF: Mapping[str, tuple[str, ...]] = {
    "consumption-price": ("consumption-price-sensor",),
    "consumption-price-sensor": ("consumption-price",),
    "production-price": ("production-price-sensor",),
    "production-price-sensor": ("production-price",),
    "inflexible-consumption": (_FORMER_FIXED_POWER,),
    "inflexible-production": (_FORMER_FIXED_POWER,),
    _FORMER_FIXED_POWER: ("inflexible-consumption", "inflexible-production"),
}


def inherited(outer: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The flex-context that holds where one stands inside another: field by field, the inner one's own counts.

    >>> inherited({"consumption-price": "1 EUR/kWh", "relax-constraints": False}, {"consumption-price": "2 EUR/kWh"})
    {'consumption-price': '2 EUR/kWh', 'relax-constraints': False}
    """
    replaced = {other for name in own for other in _INSTEAD_OF.get(name, ())}
    return {name: value for name, value in outer.items() if name not in replaced} | dict(own)


def check_device_context(
    mapping: Any, *, allow_sensor: bool = True, allow_wall_clock: bool = True, path: str = "flex-context"
) -> list[Fault]:
    """Everything wrong with the flex-context of a device."""
    mapping = present_spelling(mapping, DEVICE_CONTEXT, path).document
    if not isinstance(mapping, Mapping):
        return list(DEVICE_CONTEXT.faults(mapping, path, Reading()))
    of_site = [field.name for field in FLEX_CONTEXT.fields if field not in DEVICE_CONTEXT.fields]
    faults = [
        Fault(join(path, name), mapping[name], "belongs to the connection: state it for the site")
        for name in of_site
        if name in mapping
    ]
    own = {name: value for name, value in mapping.items() if name not in of_site}
    return [*faults, *DEVICE_CONTEXT.faults(own, path, Reading(allow_sensor, allow_wall_clock))]


def check_flex_context(
    mapping: Any,
    *,
    allow_sensor: bool = True,
    allow_wall_clock: bool = True,
    is_whole: bool = True,
    path: str = "flex-context",
) -> list[Fault]:
    """Everything wrong with a flex-context, before its data are known.

    One that is not whole may lack what another gives it or inherits from it.
    """
    mapping = present_spelling(mapping, FLEX_CONTEXT, path).document
    faults = list(FLEX_CONTEXT.faults(mapping, path, Reading(allow_sensor, allow_wall_clock)))
    if not isinstance(mapping, Mapping):
        return faults
    whole = with_electricity(mapping)
    faults += [*_price_faults(whole, path), *_fixed_power_faults(mapping, path)]
    faults += _commodity_faults(mapping, path)
    if is_whole:
        faults += emission_faults(whole, path)
    if is_whole and not {"consumption-price", "consumption-price-sensor"} & set(whole):
        price = FLEX_CONTEXT["consumption-price"]
        faults.append(Fault(join(path, price.name), None, f"is missing: {price.text}"))
    if len(currencies := currencies_in(mapping)) > 1:
        faults.append(
            Fault(path, sorted(currencies), f"mixes {' and '.join(sorted(currencies))}; use one currency")
        )
    return faults


def with_electricity(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    """A flex-context in which an entry for electricity among its commodities replaces what stands beside them."""
    entries = [item for item in _list(mapping, "commodities") if isinstance(item, Mapping)]
    electric = [item for item in entries if item.get("commodity") == ELECTRICITY]
    if not electric:
        return mapping
    entry = {name: value for name, value in electric[0].items() if name != "commodity"}
    others = [item for item in entries if item.get("commodity") != ELECTRICITY]
    return {**mapping, **entry, "commodities": others}


def by_commodity(mapping: Mapping[str, Any], path: str) -> dict[str, Mapping[str, Any]]:
    """The flex-context of each commodity by its path, electricity's first."""
    whole = with_electricity(mapping)
    return {path: whole} | {f"{path}.commodities.{c['commodity']}": c for c in whole.get("commodities", [])}


def _commodity_faults(mapping: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """Commodities that are given twice."""
    seen = set()
    for i, item in enumerate(_list(mapping, "commodities")):
        name = item.get("commodity") if isinstance(item, Mapping) else None
        if isinstance(item, Mapping):
            yield from _fixed_power_faults(item, join(path, f"commodities[{i}]"))
        if name is not None and name in seen:
            yield Fault(join(path, f"commodities[{i}].commodity"), name, "is given twice")
        seen.add(name)


def _price_faults(mapping: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """Prices stated twice, and commitments without one."""
    for name in ("consumption-price", "production-price"):
        if name in mapping and f"{name}-sensor" in mapping:
            yield Fault(join(path, name), mapping[name], f"give this or {name}-sensor, not both")
    for i, commitment in enumerate(_list(mapping, "commitments")):
        if isinstance(commitment, Mapping) and not {"up-price", "down-price"} & set(commitment):
            yield Fault(join(path, f"commitments[{i}]"), None, "needs up-price, down-price or both")
        if isinstance(commitment, Mapping) and {"devices", "group"} <= set(commitment):
            yield Fault(
                join(path, f"commitments[{i}].group"), commitment["group"], "give this or devices, not both"
            )


def _fixed_power_faults(mapping: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """Fixed power stated in the former way too, or counted twice."""
    former = _FORMER_FIXED_POWER
    fixed = _INSTEAD_OF[former]
    given = [name for name in fixed if name in mapping]
    if given and former in mapping:
        message = f"cannot be combined with {' and '.join(given)}: move its sensors there"
        yield Fault(join(path, former), mapping[former], message)
    first: dict[str, str] = {}
    for name in (*fixed, former):
        for i, item in enumerate(_list(mapping, name)):
            sensor = item.get("sensor") if isinstance(item, Mapping) else None
            if isinstance(sensor, str) and sensor in first:
                yield Fault(join(path, f"{name}[{i}]"), sensor, f"is counted in {first[sensor]} already")
            elif isinstance(sensor, str):
                first[sensor] = f"{name}[{i}]"


def _list(mapping: Mapping[str, Any], name: str) -> list[Any]:
    value = mapping.get(name)
    return value if isinstance(value, list) else []


def currencies_in(mapping: Any) -> set[str]:
    """The currencies of all quantities written in a mapping."""
    if isinstance(mapping, Mapping):
        return set().union(
            *(currencies_in(value) for key, value in mapping.items() if key not in NO_QUANTITY)
        )
    if isinstance(mapping, list):
        return set().union(*(currencies_in(value) for value in mapping))
    head = mapping.partition("/")[0].split()[-1:] if isinstance(mapping, str) and "/" in mapping else []
    return set(head) & CURRENCIES
