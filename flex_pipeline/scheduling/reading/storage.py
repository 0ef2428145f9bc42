"""Storage flex-models as numbers: the stock, and the devices that feed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.problem import SocStatement, SoftLimit, Stock, Storage
from flex_pipeline.scheduling.reading.arrays import Fields
from flex_pipeline.scheduling.reading.contradictions import (
    refuse_contradictions,
    refuse_impossible_power,
    tell_energy_from_nothing,
)
from flex_pipeline.scheduling.reading.prices import read_charge
from flex_pipeline.scheduling.reading.site import read_device_breach_price, read_soc_breach_prices
from flex_pipeline.scheduling.reading.start import read_start
from flex_pipeline.scheduling.soc_statements import Statements
from flex_pipeline.timeseries.units import parse_quantity
from flex_pipeline.timeseries.variable_quantity import Segments, Series, parse_length

Array = NDArray[np.float64]

STOCK_FIELDS = (
    "soc-at-start",
    "soc-min",
    "soc-max",
    "soc-minima",
    "soc-maxima",
    "soc-targets",
    "soc-gain",
    "soc-usage",
    "storage-efficiency",
    "storage-efficiency-duration",
    "state-of-charge",
    "soc-at-end",
    "soc-value-at-end",
    "maximum-cycles-per-day",
)


@dataclass(frozen=True)
class Converter:
    """What stands between the connection and the stock: limits (T,) kW and efficiencies (T,)."""

    charge_limit_kw: Array
    discharge_limit_kw: Array
    charge_soft: SoftLimit | None
    discharge_soft: SoftLimit | None
    charging_efficiency: Array
    discharging_efficiency: Array


def has_stock(model: Fields) -> bool:
    """Whether a device holds energy: any SoC field makes it so."""
    return any(name in model for name in STOCK_FIELDS if not name.startswith("storage-efficiency"))


def read_converter(model: Fields, context: Fields) -> Converter:
    """Limits and efficiencies of one device."""
    power, consumption, production = _capacities(model)
    charge_limit, charge_soft = _limit(power, consumption, read_device_breach_price(context, "consumption"))
    discharge_limit, discharge_soft = _limit(
        power, production, read_device_breach_price(context, "production")
    )
    roundtrip = np.sqrt(model.number("roundtrip-efficiency", 1.0))
    charging, discharging = (
        model.array(name, fill=1.0) if name in model else np.full(model.notes.grid.n, roundtrip)
        for name in ("charging-efficiency", "discharging-efficiency")
    )
    tell_energy_from_nothing(model, charging * discharging, (charge_limit > 0) & (discharge_limit > 0))
    return Converter(charge_limit, discharge_limit, charge_soft, discharge_soft, charging, discharging)


def read_storage(model: Fields, name: str, converter: Converter, spread: Array, stock: int | None) -> Storage:
    """One device; `spread` is what is left at the end of a step of energy that came in evenly during it."""
    grid = model.notes.grid
    storage = Storage(
        name,
        converter.charge_limit_kw,
        converter.discharge_limit_kw,
        spread * grid.hours * converter.charging_efficiency,
        spread * grid.hours / converter.discharging_efficiency,
        read_charge(model, "wear-price") if "wear-price" in model else np.zeros(grid.n),
        stock,
        converter.charge_soft,
        converter.discharge_soft,
        _modes(model),
        model.flag("prefer-curtailing-later", True),
        model.array("minimum-charging-power", fill=0.0) if "minimum-charging-power" in model else None,
    )
    refuse_impossible_power(model, storage)
    return storage


def read_retention(model: Fields, sensor_resolution: timedelta | None) -> tuple[Array, Array]:
    """Part of the stock left after a step, and of what came in evenly during it: a and (a − 1)/ln a."""
    grid = model.notes.grid
    if "storage-efficiency" not in model:
        return np.ones(grid.n), np.ones(grid.n)
    efficiency = model.quantity("storage-efficiency")
    if "storage-efficiency-duration" in model:
        stated_for = parse_length(model.mapping["storage-efficiency-duration"])
    elif isinstance(efficiency, Series):
        stated_for = efficiency.resolution
    else:
        stated_for = sensor_resolution or grid.resolution
    stated = model.array("storage-efficiency", fill=1.0)
    if (stated > 1).any():
        model.notice("storage-efficiency", "more than 100% counts as 100%")
    a = np.minimum(stated, 1.0) ** (grid.resolution / stated_for)
    lossy = (a > 0) & (a < 1)
    spread = np.where(a == 0, 0.0, 1.0)
    spread[lossy] = (a[lossy] - 1) / np.log(a[lossy])
    return a, spread


def read_stock(
    model: Fields, name: str, context: Fields, retention: Array, spread: Array, feeders: list[Converter]
) -> Stock:
    """The stock of a device, fed by one converter or several."""
    grid = model.notes.grid
    floor, ceiling = model.number("soc-min", 0.0), model.number("soc-max", np.inf)
    for bound in ("soc-min", "soc-at-end"):
        if (kwh := model.number(bound, 0.0)) > ceiling:
            model.fault(bound, f"is {kwh:g} kWh, above soc-max of {ceiling:g} kWh")
    asked = _statements(model, feeders)
    minima_price, maxima_price = read_soc_breach_prices(context, projected=bool(asked.projected))
    both = minima_price is not None and maxima_price is not None
    stock = Stock(
        name,
        read_start(model),
        np.full(grid.n, floor),
        np.full(grid.n, ceiling),
        retention,
        spread * grid.hours * (model.total("soc-gain") - model.total("soc-usage")),
        _statement(_clipped(model, "soc-minima", asked.minima, floor, ceiling), minima_price),
        _statement(_clipped(model, "soc-maxima", asked.maxima, floor, ceiling), maxima_price),
        _statement(asked.targets, minima_price, maxima_price) if both else _statement(asked.targets),
        model.flag("prefer-charging-sooner", True),
        model.flag("prefer-curtailing-later", True),
        model.number("soc-value-at-end", 0.0),
    )
    refuse_contradictions(model, stock)
    return stock


def _capacities(model: Fields) -> tuple[Array, Array, Array]:
    """power-, consumption- and production-capacity; a lone directional one closes the other way."""
    names = ("consumption-capacity", "production-capacity")
    given = {name: model.array(name) for name in names if name in model}
    for name, values in given.items():
        if np.isnan(values).any() and isinstance(model.quantity(name), Series):
            model.notice(
                name, f"unknown {model.notes.hours(np.isnan(values))}: only power-capacity bounds it then"
            )
    if "power-capacity" in model:
        power = model.array("power-capacity")
        if np.isnan(power).any():
            highest = np.nanmax(power) if np.isfinite(power).any() else 0.0
            power = model.array("power-capacity", fill=float(highest))
    else:
        power = np.maximum.reduce([np.nan_to_num(values) for values in given.values()])
        model.notice("power-capacity", "is not given: the larger directional capacity is used")
    rest = power
    if len(given) == 1 and np.nan_to_num(next(iter(given.values()))).any():
        rest = np.zeros_like(power)
    limits = [np.fmin(given[name], power) if name in given else rest for name in names]
    return power, limits[0], limits[1]


def _limit(power: Array, capacity: Array, price: Array | None) -> tuple[Array, SoftLimit | None]:
    """A directional capacity: hard, or soft below power-capacity; one that is 0 throughout is always hard."""
    if price is None or not capacity.any() or (capacity >= power).all():
        return capacity, None
    return power, SoftLimit(capacity, price)


def _statements(model: Fields, feeders: list[Converter]) -> Statements:
    grid = model.notes.grid
    chargeable = (
        sum((f.charge_limit_kw * f.charging_efficiency for f in feeders), np.zeros(grid.n)) * grid.hours
    )
    rates = (f.discharge_limit_kw / f.discharging_efficiency for f in feeders)
    asked = Statements(grid, chargeable, sum(rates, np.zeros(grid.n)) * grid.hours)
    for name, add in (
        ("soc-targets", asked.add_targets),
        ("soc-minima", asked.add_minima),
        ("soc-maxima", asked.add_maxima),
    ):
        if name in model:
            quantity = model.quantity(name)
            add(quantity.spans(grid))
            if isinstance(quantity, Segments):
                _tell_ignored(model, name, asked)
            for ignored in (asked.late, asked.overruled, asked.past):
                ignored.clear()
    if "soc-at-end" in model:
        asked.minima[-1] = np.fmax(asked.minima[-1], model.number("soc-at-end", 0.0))
    if asked.projected:
        times = ", ".join(model.notes.clock(instant) for instant in sorted(set(asked.projected))[:3])
        model.notice(
            "soc-minima, -maxima, -targets", f"{times} lies between steps: carried to its neighbours"
        )
    return asked


def _tell_ignored(model: Fields, name: str, asked: Statements) -> None:
    clock = model.notes.clock
    if asked.late:
        model.notice(name, f"nothing is asked after the end, {clock(max(asked.late))} is")
    for instant in asked.overruled:
        model.notice(name, f"another one stands before that of {clock(instant)} in the list, and counts")
    if asked.past:
        model.notice(name, "what is asked at the start itself has no effect: soc-at-start holds")


def _clipped(model: Fields, name: str, values: Array, floor: float, ceiling: float) -> Array:
    clipped = np.clip(values, floor, ceiling)
    if (clipped != values)[~np.isnan(values)].any():
        model.notice(name, f"is kept within soc-min and soc-max, {floor:g} to {ceiling:g} kWh")
    return clipped


def _statement(
    kwh: Array, price: Array | None = None, excess_price: Array | None = None
) -> SocStatement | None:
    return None if np.isnan(kwh).all() else SocStatement(kwh, price, excess_price)


def _modes(model: Fields) -> tuple[tuple[float, float], ...]:
    """Bands of power, consumption positive."""
    bands = []
    for mode in model.mapping.get("operation-modes", []):
        sign = 1.0 if "consumption-range" in mode else -1.0
        ends = [sign * parse_quantity(end, "power").value for band in mode.values() for end in band]
        bands.append((min(ends), max(ends)))
    return tuple(bands)
