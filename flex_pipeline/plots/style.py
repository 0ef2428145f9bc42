"""Colours and axes that all pictures share. The palette is Okabe and Ito's, safe for colour-blind readers."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Instants = NDArray[np.datetime64]
Array = NDArray[np.float64]

PRICE, PRICE_EDGE = "#ececec", "#c4c4c4"
PRICE_TEXT = "#8a8a8a"
CONSUMPTION = "#0072b2"
PRODUCTION = "#e69f00"
STOCK = "#009e73"
LIMIT = "#d55e00"
PASSIVE = "#7a7a7a"
FIXED = "#a0a0a0"
SUN = "#f5c242"
# the palette's own first; the others are of Tol's muted one
DEVICES = ("#0072b2", "#56b4e9", "#cc79a7", "#009e73", "#332288", "#999933", "#882255")


def colours_of(names: Iterable[str]) -> dict[str, str]:
    """A colour for each device of a site, the same in all panels; they come round again after the last."""
    return dict(zip(sorted(names), itertools.cycle(DEVICES), strict=False))


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
    """Without frame and ticks that say nothing; marks as there is room, and space around what is drawn."""
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.locator_params(axis="y", nbins=min(8, max(3, int(axes.get_window_extent().height // 30))))
    axes.tick_params(axis="x", pad=6)
    axes.use_sticky_edges = False
    axes.margins(y=0.06)


def price_behind(axes: Axes, at: Instants, price: Array, currency: str) -> None:
    """The price as a pale area behind everything else, on the right axis."""
    behind = axes.twinx()
    step_area(behind, at, price, color=PRICE, linewidth=0)
    step_line(behind, at, price, color=PRICE_EDGE, linewidth=0.8)
    behind.set_zorder(0)
    axes.set_zorder(1)
    axes.patch.set_visible(False)
    bare(behind)
    behind.grid(visible=False)
    behind.set_ylim(top=max(0.0, price.max()) * 1.1 or 1.0)
    behind.set_ylabel(f"price, {currency}/kWh", color=PRICE_TEXT)
    behind.tick_params(axis="y", colors=PRICE_TEXT)


def title(axes: Axes, words: str, widest: int) -> None:
    """A title on one line: smaller letters where there are more than the `widest` number of them."""
    import matplotlib as mpl

    full = mpl.rcParams["axes.titlesize"]
    axes.set_title(words, fontsize=full * min(1.0, widest / len(words)))


def signed(amount: float) -> str:
    """Two decimals with a real minus sign; what rounds to nothing has none."""
    return f"{round(amount, 2) or 0.0:.2f}".replace("-", "\u2212")


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
