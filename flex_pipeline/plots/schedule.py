"""Pictures of a plan: price in the back, schedule on top, limits dashed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from flex_pipeline.plots import style
from flex_pipeline.plots.style import Array, Instants, Look
from flex_pipeline.portfolio.flex_context import ELECTRICITY
from flex_pipeline.timeseries.units import parse_quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALL: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
}
LARGE: dict[Any, Any] = SMALL | {"font.size": 10, "axes.titlesize": 14}
MOST_PANELS = 3
Limit = Array | float | None  # None, NaN or infinite: no limit


@dataclass(frozen=True)
class GroupDay:
    """A group that a device is inside on one local day. Arrays (T,); consumption positive."""

    name: str
    net_power_kw: Array
    consumption_capacity_kw: Array | None  # None, NaN or infinite: no limit
    production_capacity_kw: Array | None  # stated positive


@dataclass(frozen=True)
class ConnectionDay:
    """The connection that a device is behind, on one local day. Arrays (T,); consumption positive."""

    commodity: str
    inflexible_consumption_kw: Array
    inflexible_production_kw: Array  # stated positive
    net_power_kw: Array
    consumption_capacity_kw: Array | None  # None, NaN or infinite: no limit
    production_capacity_kw: Array | None  # stated positive


@dataclass(frozen=True)
class DeviceDay:
    """One device on one local day. Arrays (T,); times naive UTC; consumption positive."""

    device_id: str
    day: date
    timezone: ZoneInfo
    starts: Instants
    step_hours: float
    price: Array  # of consumption, currency per kWh
    power_kw: Array
    soc_kwh: Array | None  # at step ends; None: no stock
    soc_bounds_kwh: tuple[float, float] | None
    cost: float
    currency: str
    price_is: str = "price"  # or "marginal price", of what cannot be bought
    groups: tuple[GroupDay, ...] = ()  # those that the device is inside
    connection: ConnectionDay | None = None  # the one of its commodity
    power_limits_kw: tuple[float | None, float | None] = (None, None)  # on consumption and on production


@dataclass(frozen=True)
class CommodityDay:
    """A commodity other than electricity on one local day. Arrays (T,); consumption positive."""

    name: str
    device_power_kw: Mapping[str, Array]
    inflexible_consumption_kw: Array
    inflexible_production_kw: Array  # stated positive
    net_power_kw: Array  # of its connection


@dataclass(frozen=True)
class SiteDay:
    """A whole site on one local day. Arrays (T,); times naive UTC; consumption positive."""

    site_id: str
    day: date
    timezone: ZoneInfo
    starts: Instants
    step_hours: float
    price: Array
    device_power_kw: Mapping[str, Array]  # of devices on electricity
    inflexible_consumption_kw: Array
    inflexible_production_kw: Array  # stated positive
    net_power_kw: Array
    baseline_net_power_kw: Array
    consumption_capacity_kw: Array | None  # None, NaN or infinite: no limit
    production_capacity_kw: Array | None  # stated positive
    soc_kwh: Mapping[str, Array]  # at step ends, of those devices that have a stock
    cost: float
    baseline_cost: float
    currency: str
    commodities: tuple[CommodityDay, ...] = ()  # other than electricity
    soc_bounds_kwh: Mapping[str, tuple[float, float]] = field(
        default_factory=dict
    )  # by device, where there are some


def bounds_of(flex_model: Mapping[str, Any]) -> tuple[float, float] | None:
    """soc-min and soc-max of a flex-model in kWh; None where nothing bounds the stock from above."""
    if "soc-max" not in flex_model:
        return None
    unit, lowest = flex_model.get("soc-unit"), flex_model.get("soc-min", "0 kWh")
    high = parse_quantity(flex_model["soc-max"], "energy", unit).value
    if "%" in str(lowest):
        return high * parse_quantity(lowest, "ratio").value, high
    return parse_quantity(lowest, "energy", unit).value, high


def power_limits_of(flex_model: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """The fixed limits on consumption and production in kW, each positive; None where it is not set, or varies."""

    def fixed(name: str) -> list[float]:
        written = flex_model.get(name)
        return [parse_quantity(written, "power").value] if isinstance(written, str) else []

    ways = (fixed("power-capacity") + fixed(f"{way}-capacity") for way in ("consumption", "production"))
    consumption, production = (min(limits, default=None) for limits in ways)
    return consumption, production


def plot_device_day(day: DeviceDay) -> bytes:
    """A PNG 640 wide: price and power, below it the state of charge within its bounds, each group that the device is
    in, and its connection with the inflexible load and PV.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(SMALL):
        stock = day.soc_kwh
        around = len(day.groups) + (day.connection is not None)
        heights = [5.0, *([] if stock is None else [3.0]), *[2.5] * around]
        figure = Figure(figsize=(6.4, 3.6 + 1.2 * around), dpi=100, layout="constrained")
        panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        at = style.edges(day.starts, day.step_hours)
        limits = _near(day.power_kw, *day.power_limits_kw)
        lines = np.concatenate([day.power_kw, *limits])
        extent = float(np.nanmin(lines)), float(np.nanmax(lines))
        style.price_behind(panels[0], at, day.price, day.currency, extent, label=day.price_is)
        _power(panels[0], at, day.power_kw)
        _limits(panels[0], at, limits)
        panels[0].set_title(f"{_heading(day)} · {style.money(day.cost, day.currency)}")
        if stock is not None:
            _stock(panels[1], at, stock, day.soc_bounds_kwh)
        for axes, group in zip(panels[len(panels) - around :], day.groups, strict=False):
            _group(axes, at, group, day.power_kw)
        if day.connection is not None:
            _behind(panels[-1], at, day.connection, day.power_kw)
        style.local_hours(panels[-1], at, day.timezone)
        if day.connection is not None:
            handles, names = panels[-1].get_legend_handles_labels()
            figure.legend(handles, names, loc="outside lower center", ncols=len(names), frameon=False)
        return style.png(figure, colours=64)


def _heading(day: DeviceDay | SiteDay) -> str:
    name = day.device_id if isinstance(day, DeviceDay) else day.site_id
    return f"{name} · {day.day:%a} {day.day.day} {day.day:%b %Y}"


def _power(axes: Axes, at: Instants, power_kw: Array) -> None:
    style.step_area(axes, at, np.maximum(power_kw, 0), color=style.CONSUMPTION, linewidth=0)
    style.step_area(axes, at, np.minimum(power_kw, 0), color=style.PRODUCTION, linewidth=0)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_ylabel("power kW")
    style.bare(axes)


def _group(axes: Axes, at: Instants, group: GroupDay, power_kw: Array) -> None:
    """What the devices of a group draw together, the part of this one in it, and the limits."""
    _power(axes, at, power_kw)
    style.step_line(axes, at, group.net_power_kw, color="black", linewidth=1.6)
    _limits(axes, at, _near(group.net_power_kw, group.consumption_capacity_kw, group.production_capacity_kw))
    axes.set_ylabel(f"{group.name} kW")


def _behind(axes: Axes, at: Instants, connection: ConnectionDay, power_kw: Array) -> None:
    """What is fixed behind a connection, the device upon it, what they and all others come to, and the limits."""
    load, sun = connection.inflexible_consumption_kw, -connection.inflexible_production_kw
    for name, top, base, colour in (
        ("inflexible load", load, 0.0, style.FIXED),
        ("consumes", load + np.maximum(power_kw, 0), load, style.CONSUMPTION),
        ("PV" if connection.commodity == ELECTRICITY else "inflexible production", sun, 0.0, style.SUN),
        ("produces", sun + np.minimum(power_kw, 0), sun, style.PRODUCTION),
    ):
        if not np.array_equal(top, np.broadcast_to(base, top.shape)):
            style.step_area(axes, at, top, base, color=colour, linewidth=0, label=name)
    style.step_line(axes, at, connection.net_power_kw, color="black", linewidth=1.2, label="site, net")
    axes.plot([], [], color=style.LIMIT, linestyle="--", linewidth=0.9, label="limits")
    axes.axhline(0, color="black", linewidth=0.6)
    capacities = connection.consumption_capacity_kw, connection.production_capacity_kw
    _limits(axes, at, _near(connection.net_power_kw, *capacities))
    axes.set_ylabel("site kW" if connection.commodity == ELECTRICITY else f"{connection.commodity} kW")
    style.bare(axes)


def _near(power_kw: Array, consumption_kw: Limit, production_kw: Limit) -> list[Array]:
    """Limits as powers, in the directions that a power has: elsewhere, and far off, they would only flatten it."""
    near_kw = style.FARTHEST_LIMIT * float(np.abs(power_kw).max(initial=0.0))
    return [
        np.where(np.less_equal(limit_kw, near_kw), sign * limit_kw, np.nan) * np.ones_like(power_kw)
        for sign, limit_kw in ((1, consumption_kw), (-1, production_kw))
        if limit_kw is not None and (sign * power_kw > 0).any()
    ]


def _limits(axes: Axes, at: Instants, limits_kw: Sequence[Array]) -> None:
    for limit_kw in limits_kw:
        style.step_line(axes, at, limit_kw, color=style.LIMIT, linestyle="--", linewidth=0.9)


def _stock(axes: Axes, at: Instants, soc_kwh: Array, bounds_kwh: tuple[float, float] | None) -> None:
    axes.plot(at[1:], soc_kwh, color=style.STOCK, linewidth=1.6)
    for bound in bounds_kwh or ():
        axes.axhline(bound, color=style.LIMIT, linestyle="--", linewidth=0.9)
    axes.set_ylim(min(0.0, float(soc_kwh.min())), 1.1 * max(1e-3, float(soc_kwh.max()), *(bounds_kwh or ())))
    axes.set_ylabel("SoC kWh")
    style.bare(axes)


def plot_site_day(day: SiteDay) -> bytes:
    """A PNG of 1200 x 800: what the site takes and gives, its limits, its other commodities, and its stocks."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(LARGE):
        figure = Figure(figsize=(12, 8), dpi=100, layout="constrained")
        stocks = _panels(sorted(day.soc_kwh))
        heights = [3.0 + len(stocks), *(1.5 for _ in day.commodities), *(1.0 for _ in stocks)]
        panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        power, first = panels[0], 1 + len(day.commodities)
        at, looks = style.edges(day.starts, day.step_hours), style.looks(_devices(day))
        draw_powers(power, day, looks)
        for axes, commodity in zip(panels[1:first], day.commodities, strict=True):
            _commodity(axes, at, commodity, looks)
        for axes, names in zip(panels[first:], stocks, strict=True):
            bounds = day.soc_bounds_kwh.get(names[0], ()) if len(names) == 1 else ()
            _stocks(axes, at, {name: day.soc_kwh[name] for name in names}, looks, bounds)
        style.local_hours(panels[-1], at, day.timezone)
        power.set_title(_heading(day), pad=26)
        under: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
        power.annotate(_compared(day), (0, 1), (0, 10), **under)
        figure.legend(loc="outside right upper", frameon=False)
        return style.png(figure, colours=128)


def draw_powers(axes: Axes, day: SiteDay, looks: Mapping[str, Look]) -> None:
    """What takes and gives electricity, over its price; the net power, and its limits."""
    at = style.edges(day.starts, day.step_hours)
    extent = _stack(axes, at, day, looks, ("inflexible load", "PV"))
    _connection(axes, at, day, extent)


def _devices(day: SiteDay) -> list[str]:
    """Names of all devices that are drawn."""
    return [*day.device_power_kw, *(name for other in day.commodities for name in other.device_power_kw)]


def _panels(stocks: list[str]) -> list[list[str]]:
    """A panel for each stock, as their sizes differ; one for all where that would be too many."""
    return [[name] for name in stocks] if len(stocks) <= MOST_PANELS else [stocks]


def _compared(day: SiteDay) -> str:
    cost, baseline, saving = (
        style.money(amount, day.currency)
        for amount in (day.cost, day.baseline_cost, day.baseline_cost - day.cost)
    )
    return f"cost {cost} · without flexibility {baseline} · saving {saving}"


def _stack(
    axes: Axes, at: Instants, day: SiteDay | CommodityDay, looks: Mapping[str, Look], fixed: tuple[str, str]
) -> tuple[float, float]:
    """Consumption piled up above zero, production below it; returns the lowest and the highest power.

    `fixed`: what the inflexible consumption and production are called.
    """
    load, sun = fixed
    parts = []
    if isinstance(day, SiteDay) or day.inflexible_consumption_kw.any():
        parts.append((load, Look(style.FIXED, None, "-"), day.inflexible_consumption_kw))
    own = {name: look for name, look in looks.items() if name in day.device_power_kw}
    parts += [(name, look, day.device_power_kw[name]) for name, look in own.items()]
    if day.inflexible_production_kw.any():
        parts.append((sun, Look(style.SUN, None, "-"), -day.inflexible_production_kw))
    above, below = np.zeros_like(day.net_power_kw), np.zeros_like(day.net_power_kw)
    for name, look, kw in parts:
        up, down = above + np.maximum(kw, 0), below + np.minimum(kw, 0)
        fill: dict[str, Any] = {
            "facecolor": look.colour,
            "hatch": look.hatch,
            "edgecolor": "white",
            "linewidth": 0,
        }
        style.step_area(axes, at, up, above, label=name, **fill)
        style.step_area(axes, at, down, below, **fill)
        above, below = up, down
    lines = np.concatenate([day.net_power_kw, above, below])
    return float(np.nanmin(lines)), float(np.nanmax(lines))


def _commodity(axes: Axes, at: Instants, day: CommodityDay, looks: Mapping[str, Look]) -> None:
    """What takes and gives a commodity, and the net power at its connection."""
    _stack(axes, at, day, looks, (f"inflexible {day.name}", f"inflexible {day.name} production"))
    style.step_line(axes, at, day.net_power_kw, color="black", linewidth=1.6)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_ylabel(f"{day.name} kW")
    style.bare(axes)


def _connection(axes: Axes, at: Instants, day: SiteDay, extent: tuple[float, float]) -> None:
    """The net power at the connection, what it would be without flexibility, the limits, and the price."""
    without: dict[str, Any] = {"color": style.PASSIVE, "linewidth": 1.2, "linestyle": ":"}
    style.step_line(axes, at, day.baseline_net_power_kw, label="net without flexibility", **without)
    style.step_line(axes, at, day.net_power_kw, color="black", linewidth=2.2, label="net")
    extent = (
        min(extent[0], float(np.nanmin(day.baseline_net_power_kw))),
        max(extent[1], float(np.nanmax(day.baseline_net_power_kw))),
    )
    shown = [*extent]
    for name, sign, capacity_kw, farthest_kw in (
        ("consumption limit", 1, day.consumption_capacity_kw, extent[1]),
        ("production limit", -1, day.production_capacity_kw, -extent[0]),
    ):
        if capacity_kw is not None and np.isfinite(capacity_kw).any():
            # one in a direction that no power has would only flatten the powers
            near_kw = style.FARTHEST_LIMIT * max(farthest_kw, 0.0)
            _limit(axes, at, name, sign, capacity_kw, near_kw)
            shown += list(sign * capacity_kw[capacity_kw <= near_kw])
    style.price_behind(axes, at, day.price, day.currency, (min(shown), max(shown)))
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_ylabel("power kW, consumption positive")
    style.bare(axes)


def _limit(axes: Axes, at: Instants, name: str, sign: int, capacity_kw: Array, near_kw: float) -> None:
    """Draw a limit where it is near the powers, else only name it."""
    near = capacity_kw <= near_kw
    label = name if near.any() else f"{name} {np.nanmin(capacity_kw):g} kW,\nbeyond the scale"
    dashed: dict[str, Any] = {"color": style.LIMIT, "linewidth": 1.3, "linestyle": "--", "label": label}
    style.step_line(axes, at, np.where(near, sign * capacity_kw, np.nan), **dashed)


def _stocks(
    axes: Axes,
    at: Instants,
    soc_kwh: Mapping[str, Array],
    looks: Mapping[str, Look],
    bounds_kwh: Sequence[float],
) -> None:
    for name, soc in soc_kwh.items():
        axes.plot(at[1:], soc, color=looks[name].colour, linestyle=looks[name].dash, linewidth=2)
    for bound in bounds_kwh:
        axes.axhline(bound, color=style.LIMIT, linestyle="--", linewidth=0.9)
    axes.set_ylim(min(0.0, *(float(soc.min()) for soc in soc_kwh.values())), None)
    axes.set_ylabel(f"{next(iter(soc_kwh))} kWh" if len(soc_kwh) == 1 else "SoC kWh")
    style.bare(axes)
