"""Colours and axes that all pictures share. The palette is Okabe and Ito's, safe for colour-blind readers."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Instants = NDArray[np.datetime64]
Array = NDArray[np.float64]

PRICE = "#f4ead0"
PRICE_TEXT = "#8a6a14"
CONSUMPTION = "#0072b2"
PRODUCTION = "#56b4e9"
STOCK = "#009e73"
LIMIT = "#d55e00"
PASSIVE = "#444444"
FIXED = "#c4c4c4"  # lighter than any device, which red-green-blind readers may see as grey
SUN = "#e69f00"
GAIN, LOSS = "#009e73", "#d55e00"
DEVICES = ("#0072b2", "#56b4e9", "#cc79a7", "#009e73")
HATCHES = (None, "////", "....", "xxxx")  # told apart once the colours are used up
FARTHEST_LIMIT = 1.6  # times the largest power; a limit beyond it would flatten the powers
DASHES = ("-", "--", "-.", ":")


class Look(NamedTuple):
    """How a device looks in every panel."""

    colour: str
    hatch: str | None
    dash: str


def looks(names: Iterable[str]) -> dict[str, Look]:
    """A look for each name, by alphabet; the first 16 differ."""
    found = {}
    for place, name in enumerate(sorted(names)):
        turn = place // len(DEVICES) % len(HATCHES)
        found[name] = Look(DEVICES[place % len(DEVICES)], HATCHES[turn], DASHES[turn])
    return found


def money(amount: float, currency: str) -> str:
    """An amount with a true minus sign.

    >>> money(-1.234, "EUR")
    '−1.23 EUR'
    """
    return f"{amount:.2f} {currency}".replace("-", "−")


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
    _local(axes, at, timezone, range(0, 24, 4), "%H:%M")


def local_half_days(axes: Axes, at: Instants, timezone: ZoneInfo) -> None:
    """Mark the local midnights and noons of several days, by weekday."""
    _local(axes, at, timezone, (0, 12), "%a %H:%M")


def _local(axes: Axes, at: Instants, timezone: ZoneInfo, hours: Sequence[int], written: str) -> None:
    import matplotlib.dates as mdates

    dates: Any = mdates
    axes.xaxis.set_major_locator(dates.HourLocator(byhour=hours, tz=timezone))
    axes.xaxis.set_major_formatter(dates.DateFormatter(written, tz=timezone))
    axes.set_xlim(at[0], at[-1])


def bare(axes: Axes) -> None:
    """Without frame and ticks that say nothing."""
    for side in ("top", "left", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, pad=6)
    axes.grid(axis="y", color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)


def price_behind(
    axes: Axes,
    at: Instants,
    price: Array,
    currency: str,
    power_kw: tuple[float, float],
    label: str = "price",
) -> None:
    """The price as a pale area behind the powers, on the right axis.

    Both axes have their zero at one height, with room for the lowest and the highest of `power_kw`.
    """
    behind = axes.twinx()
    step_area(behind, at, price, color=PRICE, linewidth=0)
    # its outline goes in front: solar power would hide the prices below zero that explain the plan
    outline: dict[str, Any] = {"color": PRICE_TEXT, "linewidth": 0.8, "transform": behind.transData}
    step_line(axes, at, price, **outline)
    behind.set_ylabel(f"{label} {currency}/kWh", color=PRICE_TEXT)
    behind.tick_params(axis="y", colors=PRICE_TEXT)
    behind.set_zorder(0)
    axes.set_zorder(1)
    axes.patch.set_visible(False)
    bare(behind)
    behind.grid(visible=False)
    low, high = _with_zero(float(np.nanmin(price)), float(np.nanmax(price)))
    _zero_at_one_height((axes, *_with_zero(*power_kw)), (behind, low, high))
    behind.set_yticks([tick for tick in behind.get_yticks() if low <= tick <= 1.05 * high])


def _with_zero(low: float, high: float) -> tuple[float, float]:
    low, high = min(low, 0.0), max(high, 0.0)
    return (low, high) if high > low else (0.0, 1.0)


def _zero_at_one_height(*ranges: tuple[Axes, float, float]) -> None:
    below = max(-low / (high - low) for _, low, high in ranges)
    above = max(high / (high - low) for _, low, high in ranges)
    for axes, low, high in ranges:
        axes.set_ylim(-1.05 * below * (high - low), 1.05 * above * (high - low))


def png(figure: Figure, colours: int = 64) -> bytes:
    """The picture, with few colours: it is stored in the event log of each partition."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    out = io.BytesIO()
    # a thin line has few pixels, and must keep its colour all the same
    few = image.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    few.save(out, "png", optimize=True)
    return out.getvalue()
