"""A fan chart: forecasts with their quantiles, beside what has been measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from flex_pipeline.plots.style import (
    CONSUMPTION,
    LIMIT,
    PASSIVE,
    PRICE_TEXT,
    STOCK,
    SUN,
    Array,
    Instants,
    bare,
    edges,
    local_half_days,
    png,
    step_area,
    step_line,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"price": PRICE_TEXT, "pv": SUN, "irradiance": SUN, "heat": STOCK}
COLUMNS = 2
PANEL_INCH = (4.8, 2.1)


@dataclass(frozen=True)
class Fan:
    """A sensor around a planned day: T steps, `quantiles` (T,) each, NaN where nothing had to be forecast.

    `measured` (T,): what is known by now. `planned`: the planning time (UTC).
    """

    sensor: str
    kind: str
    unit: str
    model: str
    timezone: ZoneInfo
    starts: Instants
    step_hours: float
    quantiles: Mapping[float, Array]
    measured: Array
    planned: np.datetime64


def plot_fans(day: date, fans: Sequence[Fan]) -> bytes:
    """A PNG with a panel for each sensor."""
    from matplotlib.figure import Figure

    columns = min(COLUMNS, len(fans))
    rows = -(-len(fans) // columns)
    width, height = PANEL_INCH
    figure = Figure(figsize=(columns * width, rows * height + 0.4), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, fan in zip(panels, fans, strict=False):
        _panel(axes, fan)
    for axes in panels[len(fans) :]:
        axes.set_visible(False)
    figure.suptitle(f"Forecasts for {day}, as of the planning time (dotted line)", fontsize=10)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), frameon=False, fontsize=8)
    return png(figure)


def _panel(axes: Axes, fan: Fan) -> None:
    at = edges(fan.starts, fan.step_hours)
    colour = COLOURS.get(fan.kind, CONSUMPTION)
    levels = sorted(fan.quantiles)
    pairs = list(zip(levels[: len(levels) // 2], reversed(levels), strict=False))
    for low, high in pairs:  # the widest first, each over the one before
        style = {"color": colour, "alpha": 0.5 / (len(pairs) + 1), "linewidth": 0}
        step_area(
            axes,
            at,
            fan.quantiles[high],
            fan.quantiles[low],
            label=f"{low * 100:g} to {high * 100:g} %",
            **style,
        )
    step_line(axes, at, fan.quantiles[0.5], color=colour, linewidth=1.4, label="median")
    step_line(axes, at, fan.measured, color=PASSIVE, linewidth=1.0, label="measured or published so far")
    planned: Any = fan.planned
    axes.axvline(planned, color=LIMIT, linewidth=1.0, linestyle=":")
    local_half_days(axes, at, fan.timezone)
    axes.set_title(f"{fan.sensor}: {fan.model}", fontsize=8, loc="left")
    axes.set_ylabel(fan.unit, fontsize=8)
    axes.tick_params(labelsize=7)
    bare(axes)
