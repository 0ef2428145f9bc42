"""Colours and axes that all pictures share. The palette is Okabe and Ito's, safe for colour-blind readers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Instants = NDArray[np.datetime64]
Array = NDArray[np.float64]

PRICE = "#d9d9d9"
CONSUMPTION = "#0072b2"
PRODUCTION = "#e69f00"
STOCK = "#009e73"
LIMIT = "#d55e00"
PASSIVE = "#777777"
DEVICES = ("#0072b2", "#56b4e9", "#cc79a7", "#009e73", "#f0e442")
FIXED = "#b0b0b0"
SUN = "#f5c242"


def edges(starts: Instants, step_hours: float) -> Instants:
    """The T + 1 instants around T steps."""
    last = starts[-1] + np.timedelta64(round(step_hours * 3600), "s")
    return np.concatenate([starts, [last]]).astype("datetime64[us]")


def step_area(axes: Axes, at: Instants, values: Array, base: Array | float = 0.0, **style: Any) -> None:
    """Fill between a base and values that are constant within each step; `at` are the T + 1 edges."""
    low = np.broadcast_to(base, values.shape)
    axes.fill_between(at, np.append(values, values[-1]), np.append(low, low[-1]), step="post", **style)


def step_line(axes: Axes, at: Instants, values: Array, **style: Any) -> None:
    """A line that is constant within each step."""
    axes.step(at, np.append(values, values[-1]), where="post", **style)


def local_hours(axes: Axes, at: Instants, timezone: ZoneInfo) -> None:
    """Mark the local time every four hours; on the days the clock changes the marks show it."""
    import matplotlib.dates as mdates

    dates: Any = mdates
    axes.xaxis.set_major_locator(dates.HourLocator(byhour=range(0, 24, 4), tz=timezone))
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M", tz=timezone))
    axes.set_xlim(at[0], at[-1])


def bare(axes: Axes) -> None:
    """Without frame and ticks that say nothing."""
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
    axes.grid(axis="y", color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)


def price_behind(axes: Axes, at: Instants, price: Array, currency: str) -> Axes:
    """The price as a pale area behind everything else, on the right axis."""
    behind = axes.twinx()
    step_area(behind, at, price, color=PRICE, alpha=0.4, linewidth=0)
    behind.set_ylabel(f"{currency}/kWh")
    behind.set_zorder(0)
    axes.set_zorder(1)
    axes.patch.set_visible(False)
    bare(behind)
    behind.grid(visible=False)
    return behind


def png(figure: Figure, colours: int = 64) -> bytes:
    """The picture, with few colours: it is stored in the event log of each partition."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    out = io.BytesIO()
    image.quantize(colours, dither=Image.Dither.NONE).save(out, "png", optimize=True)
    return out.getvalue()
