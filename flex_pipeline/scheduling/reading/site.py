"""The flex-context as numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.flex_context import COMMITMENT
from flex_pipeline.scheduling.problem import Commitment, Site, SoftLimit
from flex_pipeline.scheduling.reading.arrays import Fields
from flex_pipeline.scheduling.reading.prices import read_charge, read_price

Array = NDArray[np.float64]

# breaches of the connection come last, then those of SoC statements, then those of device capacities
DEFAULT_SITE_BREACH_PRICE = 10_000.0  # currency per kW
DEFAULT_SOC_BREACH_PRICE = 1_000.0  # currency per kWh
DEFAULT_DEVICE_BREACH_PRICE = 100.0  # currency per kW


def read_site(context: Fields) -> Site:
    """Prices, bounds, peaks and fixed powers of the site."""
    production, consumption = _price_names(context)
    consumption_price = read_price(context, consumption)
    production_price = read_price(context, production) if production in context else consumption_price
    limit = _capacity(context, "site-power-capacity")
    relaxed = context.flag("relax-site-capacity-constraints", _umbrella(context))
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
        _commitments(context),
    )


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


def _direction(
    context: Fields, direction: str, limit: Array, relaxed: bool
) -> tuple[Array, SoftLimit | None]:
    """The hard bound of one direction, and the soft one below it."""
    name, price_name = f"site-{direction}-capacity", f"site-{direction}-breach-price"
    if name not in context:
        return limit, None
    bound = np.minimum(_capacity(context, name), limit)
    price = _breach_price(context, price_name, DEFAULT_SITE_BREACH_PRICE if relaxed else None)
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


def _commitments(context: Fields) -> tuple[Commitment, ...]:
    commitments = []
    for i, item in enumerate(context.mapping.get("commitments", [])):
        fields = Fields(item, COMMITMENT, f"{context.path}.commitments[{i}]", context.notes)
        baseline = fields.array("baseline")
        asked = ~np.isnan(baseline)
        prices = [
            np.where(asked, _commitment_price(fields, name), 0.0) for name in ("up-price", "down-price")
        ]
        commitments.append(Commitment(item["name"], np.where(asked, baseline, 0.0), *prices))
    return tuple(commitments)


def _commitment_price(fields: Fields, name: str) -> Array:
    """Currency per kWh; a price per power counts once per step, whatever its length."""
    if name not in fields:
        return np.zeros(fields.notes.grid.n)
    price = read_charge(fields, name)
    return price if fields.dimension(name) == "energy price" else price / fields.notes.grid.hours
