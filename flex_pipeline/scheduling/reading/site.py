"""The flex-context as numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.flex_context import COMMITMENT
from flex_pipeline.scheduling.problem import Commitment, Site, SoftLimit
from flex_pipeline.scheduling.reading.arrays import Fields
from flex_pipeline.scheduling.reading.emissions import read_intensity
from flex_pipeline.scheduling.reading.prices import read_charge, read_price

Array = NDArray[np.float64]

# breaches of the connection come last, then those of SoC statements, then those of device capacities
DEFAULT_SITE_BREACH_PRICE = 10_000.0  # currency per kW
DEFAULT_SOC_BREACH_PRICE = 1_000.0  # currency per kWh
DEFAULT_DEVICE_BREACH_PRICE = 100.0  # currency per kW


def read_site(context: Fields) -> Site:
    """Prices, bounds, peaks and fixed powers of the electric connection."""
    production, consumption = _price_names(context)
    consumption_price = read_price(context, consumption)
    production_price = read_price(context, production) if production in context else consumption_price
    limit = _capacity(context, "site-power-capacity")
    relaxed = site_capacities_are_relaxed(context)
    import_hard, import_soft = _direction(context, "consumption", limit, relaxed)
    export_hard, export_soft = _direction(context, "production", limit, relaxed)
    return Site(
        consumption_price,
        production_price,
        _fixed_kw(context),
        import_hard,
        export_hard,
        import_soft,
        export_soft,
        _peak(context, "consumption"),
        _peak(context, "production"),
        site_commitments(context),
        intensity=read_intensity(context),
    )


def read_commodity(context: Fields, relaxed: bool) -> Site:
    """The connection of another commodity: nothing flows in a direction that has neither price nor capacity.

    One with no price or capacity at all is an internal node: what some devices deliver is what others take.
    """
    import_price, import_hard, import_soft = _way(context, "consumption", relaxed)
    export_price, export_hard, export_soft = _way(context, "production", relaxed)
    return Site(
        import_price,
        export_price,
        context.total("inflexible-consumption") - context.total("inflexible-production"),
        import_hard,
        export_hard,
        import_soft,
        export_soft,
        _peak(context, "consumption"),
        _peak(context, "production"),
        site_commitments(context),
        context.mapping["commodity"],
        read_intensity(context),
    )


def site_capacities_are_relaxed(context: Fields) -> bool:
    """Whether directional capacities of the site have a breach price without one of their own."""
    return context.flag("relax-site-capacity-constraints", _umbrella(context))


def read_soc_breach_prices(context: Fields, *, projected: bool) -> tuple[Array | None, Array | None]:
    """Prices per kWh below minima and above maxima, (T,); None where they are hard.

    Statements that were projected on the grid are soft unless relax-soc-constraints is explicitly false.
    """
    relaxed = context.flag("relax-soc-constraints", projected or _umbrella(context))
    default = DEFAULT_SOC_BREACH_PRICE if relaxed else None
    return (
        _breach_price(context, "soc-minima-breach-price", default),
        _breach_price(context, "soc-maxima-breach-price", default),
    )


def read_device_breach_price(context: Fields, direction: str) -> Array | None:
    """Price per kW above a device's consumption- or production-capacity, (T,); None where they are hard."""
    relaxed = context.flag("relax-capacity-constraints", False)
    return _breach_price(
        context, f"{direction}-breach-price", DEFAULT_DEVICE_BREACH_PRICE if relaxed else None
    )


def _umbrella(context: Fields) -> bool:
    return context.flag("relax-constraints", "consumption-price-sensor" not in context)


def _price_names(context: Fields) -> tuple[str, str]:
    names = []
    for name in ("production-price", "consumption-price"):
        former = f"{name}-sensor"
        if former in context:
            context.notice(former, f"is the former name of {name}")
        names.append(former if former in context else name)
    return names[0], names[1]


def _capacity(context: Fields, name: str) -> Array:
    return context.array(name, fill=np.inf) if name in context else np.full(context.notes.grid.n, np.inf)


def _way(context: Fields, direction: str, relaxed: bool) -> tuple[Array, Array, SoftLimit | None]:
    """Price, hard and soft bound of one direction of another commodity."""
    ways = ("consumption", "production")
    stated = {way for way in ways if f"{way}-price" in context or f"site-{way}-capacity" in context}
    zero, limit = np.zeros(context.notes.grid.n), _capacity(context, "site-power-capacity")
    if direction in stated:
        price = read_price(context, f"{direction}-price") if f"{direction}-price" in context else zero
        return price, *_direction(context, direction, limit, relaxed)
    if not stated:
        return zero, limit if "site-power-capacity" in context else zero, None
    if not relaxed:
        return zero, zero, None
    return zero, limit, SoftLimit(zero, np.full_like(zero, DEFAULT_SITE_BREACH_PRICE))


def _direction(
    context: Fields, direction: str, limit: Array, relaxed: bool
) -> tuple[Array, SoftLimit | None]:
    """The hard bound of one direction, and the soft one below it."""
    return read_capacity(
        context, f"site-{direction}-capacity", f"site-{direction}-breach-price", limit, relaxed
    )


def read_capacity(
    fields: Fields, name: str, price_name: str, limit: Array, relaxed: bool
) -> tuple[Array, SoftLimit | None]:
    """A directional capacity below a hard limit: the hard bound, and the soft one where breaches have a price."""
    if name not in fields:
        return limit, None
    bound = np.minimum(_capacity(fields, name), limit)
    price = _breach_price(fields, price_name, DEFAULT_SITE_BREACH_PRICE if relaxed else None)
    return (bound, None) if price is None else (limit, SoftLimit(bound, price))


def _breach_price(context: Fields, name: str, default: float | None) -> Array | None:
    if name in context:
        return read_charge(context, name)
    return None if default is None else np.full(context.notes.grid.n, default)


def _peak(context: Fields, direction: str) -> SoftLimit | None:
    price_name, name = f"site-peak-{direction}-price", f"site-peak-{direction}"
    if price_name not in context:
        return None
    paid = context.array(name, fill=np.inf) if name in context else np.zeros(context.notes.grid.n)
    return SoftLimit(paid, read_charge(context, price_name))


def _fixed_kw(context: Fields) -> Array:
    if "inflexible-device-sensors" in context:
        context.notice(
            "inflexible-device-sensors",
            "is the former way to state inflexible-consumption and inflexible-production, production positive",
        )
    former = context.total("inflexible-device-sensors")
    return context.total("inflexible-consumption") - context.total("inflexible-production") - former


def site_commitments(context: Fields) -> tuple[Commitment, ...]:
    """Those about the net power of the connection."""
    return tuple(
        read_commitment(fields)
        for fields in commitment_fields(context)
        if "devices" not in fields and "group" not in fields
    )


def commitment_fields(context: Fields) -> list[Fields]:
    """Each commitment of a flex-context."""
    return [
        Fields(item, COMMITMENT, f"{context.path}.commitments[{i}]", context.notes)
        for i, item in enumerate(context.mapping.get("commitments", []))
    ]


def read_commitment(fields: Fields) -> Commitment:
    """A commitment; at steps without a baseline nothing is promised."""
    baseline = fields.array("baseline")
    asked = ~np.isnan(baseline)
    prices = [np.where(asked, _commitment_price(fields, name), 0.0) for name in ("up-price", "down-price")]
    return Commitment(fields.mapping["name"], np.where(asked, baseline, 0.0), *prices)


def _commitment_price(fields: Fields, name: str) -> Array:
    """Currency per kWh; a price per power counts once per step, whatever its length."""
    if name not in fields:
        return np.zeros(fields.notes.grid.n)
    price = read_charge(fields, name)
    return price if fields.dimension(name) == "energy price" else price / fields.notes.grid.hours
