"""Pictures of a plan: price in the back, schedule on top, limits dashed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from flex_pipeline.plots import style
from flex_pipeline.plots.style import Array, Instants
from flex_pipeline.timeseries.units import parse_quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALL: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
}
LARGE: dict[Any, Any] = SMALL | {"font.size": 10, "axes.titlesize": 13}


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
    soc_kwh: Array | None  # (T + 1,), at the edges of the steps; None: no stock
    soc_bounds_kwh: tuple[float, float] | None
    cost: float
    currency: str


@dataclass(frozen=True)
class SiteDay:
    """A whole site on one local day. Arrays (T,); times naive UTC; consumption positive."""

    site_id: str
    day: date
    timezone: ZoneInfo
    starts: Instants
    step_hours: float
    price: Array
    device_power_kw: Mapping[str, Array]
    inflexible_consumption_kw: Array
    inflexible_production_kw: Array  # stated positive
    net_power_kw: Array
    baseline_net_power_kw: Array
    consumption_capacity_kw: Array  # NaN where there is no limit, also of production
    production_capacity_kw: Array  # stated positive
    soc_kwh: Mapping[str, Array]  # (T + 1,), at the edges of the steps; of devices with a stock
    cost: float
    baseline_cost: float
    currency: str


def bounds_of(flex_model: Mapping[str, Any]) -> tuple[float, float] | None:
    """soc-min and soc-max of a flex-model in kWh; None where nothing bounds the stock from above."""
    if "soc-max" not in flex_model:
        return None
    unit = flex_model.get("soc-unit")
    low, high = (
        parse_quantity(flex_model.get(name, "0 kWh"), "energy", unit) for name in ("soc-min", "soc-max")
    )
    return low.value, high.value


def plot_device_day(day: DeviceDay) -> bytes:
    """A PNG of 640 x 360: price and power, and below it the state of charge within its bounds."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(SMALL):
        figure = Figure(figsize=(6.4, 3.6), dpi=100, layout="constrained")
        stock = day.soc_kwh
        panels = figure.subplots(
            1 if stock is None else 2,
            1,
            sharex=True,
            squeeze=False,
            height_ratios=[1] if stock is None else [5, 3],
        )[:, 0]
        at = style.edges(day.starts, day.step_hours)
        style.price_behind(panels[0], at, day.price, day.currency)
        _power(panels[0], at, day.power_kw)
        cost = style.signed(day.cost)
        words = f"{day.device_id} · {day.day:%a %d %b %Y} · cost {cost} {day.currency}"
        style.title(panels[0], words, widest=70)
        if stock is not None:
            panels[1].plot(at, stock, color=style.STOCK, linewidth=1.4)
            for bound in day.soc_bounds_kwh or ():
                panels[1].axhline(bound, color=style.LIMIT, linestyle="--", linewidth=0.8)
            panels[1].set_ylabel("in store, kWh")
            style.bare(panels[1])
        style.local_hours(panels[-1], at, day.timezone)
        return style.png(figure, colours=32)


def _power(axes: Axes, at: Instants, power_kw: Array) -> None:
    style.step_area(axes, at, np.maximum(power_kw, 0), color=style.CONSUMPTION, linewidth=0)
    style.step_area(axes, at, np.minimum(power_kw, 0), color=style.PRODUCTION, linewidth=0)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_ylabel("power, kW")
    style.bare(axes)
    if not power_kw.any():
        axes.set_ylim(-1, 1)


def plot_site_day(day: SiteDay) -> bytes:
    """A PNG of 1200 x 800: what the site takes and gives, its limits, and its stocks if it has any."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(LARGE):
        figure = Figure(figsize=(12, 8), dpi=100, layout="constrained")
        heights = [7, 3] if day.soc_kwh else [1]
        panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        at = style.edges(day.starts, day.step_hours)
        style.price_behind(panels[0], at, day.price, day.currency)
        _stack(panels[0], at, day)
        _connection(panels[0], at, day)
        style.title(panels[0], headline(day), widest=85)
        if day.soc_kwh:
            _stocks(panels[1], at, day)
        style.local_hours(panels[-1], at, day.timezone)
        return style.png(figure, colours=128)


def headline(day: SiteDay) -> str:
    """What the day costs, and what flexibility saves of it."""
    saving = day.baseline_cost - day.cost
    against = f"{abs(saving):.2f} {'less' if saving >= 0 else 'more'} than without flexibility"
    return f"{day.site_id} · {day.day:%a %d %b %Y} · cost {style.signed(day.cost)} {day.currency}, {against}"


def _stack(axes: Axes, at: Instants, day: SiteDay) -> None:
    """Consumption piled up above zero, production below it."""
    colours = style.colours_of(day.device_power_kw)
    parts = [("fixed load", style.FIXED, day.inflexible_consumption_kw)]
    parts += [(name, colour, day.device_power_kw[name]) for name, colour in colours.items()]
    if day.inflexible_production_kw.any():
        parts.append(("solar panels", style.SUN, -day.inflexible_production_kw))
    above, below = np.zeros_like(day.net_power_kw), np.zeros_like(day.net_power_kw)
    for name, colour, kw in parts:
        up, down = above + np.maximum(kw, 0), below + np.minimum(kw, 0)
        style.step_area(axes, at, up, above, color=colour, linewidth=0, label=name)
        style.step_area(axes, at, down, below, color=colour, linewidth=0)
        above, below = up, down


def _connection(axes: Axes, at: Instants, day: SiteDay) -> None:
    """The net power at the connection, what it would be without flexibility, and the limits."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=3, foreground="white")]
    unplanned = {"color": style.PASSIVE, "linewidth": 1.1, "path_effects": halo}
    style.step_line(axes, at, day.baseline_net_power_kw, **unplanned, label="net without flexibility")
    style.step_line(axes, at, day.net_power_kw, color="black", linewidth=1.8, label="net")
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_ylabel("power, kW, consumption positive")
    style.bare(axes)
    _limits(axes, at, day)
    axes.legend(loc="center left", bbox_to_anchor=(1.08, 0.5), frameon=False)


def _limits(axes: Axes, at: Instants, day: SiteDay) -> None:
    """The limits of the connection, in view where they are near; far ones would flatten what there is to see."""
    low, high = axes.dataLim.intervaly
    reach = (high - low) / 2
    view = [low, high]
    for limit_kw in (day.consumption_capacity_kw, -day.production_capacity_kw):
        stated = limit_kw[~np.isnan(limit_kw)]
        if stated.size:
            constant = stated.min() == stated.max()
            label = f"limit {style.signed(stated[0])} kW" if constant else "limit"
            style.step_line(axes, at, limit_kw, color=style.LIMIT, linewidth=1.2, linestyle="--", label=label)
            view += [kw for kw in stated if low - reach <= kw <= high + reach]
    margin = 0.06 * (max(view) - min(view)) or 1.0
    axes.set_ylim(min(view) - margin, max(view) + margin)


def _stocks(axes: Axes, at: Instants, day: SiteDay) -> None:
    colours = style.colours_of(day.device_power_kw)
    for name, soc_kwh in sorted(day.soc_kwh.items()):
        axes.plot(at, soc_kwh, color=colours[name], linewidth=2, label=name)
    axes.set_ylabel("in store, kWh")
    axes.legend(loc="center left", bbox_to_anchor=(1.08, 0.5), frameon=False)
    style.bare(axes)
    axes.set_ylim(bottom=0)
