"""Pictures of how good forecasts were: skill and coverage over time, reliability, and where the error is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flex_pipeline.plots import style
from flex_pipeline.plots.style import Array, Instants

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMALL: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
}
COVERED = 0.8  # between the outer quantiles, as asked for
MARKERS = dict(zip(style.DASHES, "os^D", strict=True))  # of a single week there is no line to tell by
LEAST_SKILL_SHOWN = 1.15  # so that the line of no skill is always in the picture


@dataclass(frozen=True)
class Accuracy:
    """W weeks, L leads. Skill and coverage (W,) by what they are of; NaN where nothing was compared."""

    title: str
    weeks: Instants  # (W,) the Mondays
    skill: Mapping[str, Array]  # mean absolute error against that of a week ago
    coverage: Mapping[str, Array]  # share of steps between the outer quantiles
    leads: Sequence[str]  # (L,)
    error: Array  # (L, 24) by hour of the day
    error_name: str
    reliability: Mapping[float, float] | None = None  # share at or below, by quantile


def plot_accuracy(found: Accuracy) -> bytes:
    """A PNG of 1000 x 600: above skill and error, below coverage, and reliability where it is known."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(SMALL):
        figure = Figure(figsize=(10, 6), dpi=100, layout="constrained")
        figure.suptitle(found.title, fontsize=11, fontweight="bold", x=0.01, ha="left")
        grid = figure.add_gridspec(2, 2)
        _skill(figure.add_subplot(grid[0, 0]), found)
        _coverage(figure.add_subplot(grid[1, 0]), found)
        if found.reliability is None:
            _error(figure, figure.add_subplot(grid[:, 1]), found)
        else:
            _error(figure, figure.add_subplot(grid[0, 1]), found)
            _reliability(figure.add_subplot(grid[1, 1]), found.reliability)
        return style.png(figure, colours=128)


def _skill(axes: Axes, found: Accuracy) -> None:
    _by_week(axes, found.weeks, found.skill)
    axes.axhline(1.0, color=style.LIMIT, linestyle="--", linewidth=0.9)
    highest = np.nanmax([*(_highest(values) for values in found.skill.values()), LEAST_SKILL_SHOWN])
    axes.set_ylim(0, 1.05 * highest)
    axes.set_title("Error against a week ago, by week (below 1 is better)")
    if len(found.skill) > 1:
        axes.legend(frameon=False, ncols=4, loc="lower left", fontsize=7)


def _highest(values: Array) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else 0.0


def _coverage(axes: Axes, found: Accuracy) -> None:
    _by_week(axes, found.weeks, {name: 100 * values for name, values in found.coverage.items()})
    axes.axhline(100 * COVERED, color=style.LIMIT, linestyle="--", linewidth=0.9)
    axes.set_ylim(0, 103)
    axes.set_title("Measured within the 80 % interval, by week (%)")


def _by_week(axes: Axes, weeks: Instants, lines: Mapping[str, Array]) -> None:
    import matplotlib.dates as mdates

    dates: Any = mdates
    looks = style.looks(lines)
    for name, values in lines.items():
        dash = looks[name].dash
        look: dict[str, Any] = {"color": looks[name].colour, "linestyle": dash, "marker": MARKERS[dash]}
        axes.plot(weeks, values, markersize=4, label=name, **look)
    axes.set_xticks(weeks[:: -(-len(weeks) // 8)])
    axes.xaxis.set_major_formatter(dates.DateFormatter("%d %b"))
    # a single week would have a scale of microseconds
    margin = np.timedelta64(3, "D")
    axes.set_xlim(weeks[0] - margin, weeks[-1] + margin)
    style.bare(axes)


def _error(figure: Figure, axes: Axes, found: Accuracy) -> None:
    image = axes.imshow(found.error, aspect="auto", cmap="YlGnBu", vmin=0, interpolation="nearest")
    axes.set_yticks(range(len(found.leads)), found.leads)
    axes.set_xticks(range(0, 24, 3), [f"{hour:02}:00" for hour in range(0, 24, 3)])
    axes.set_title(f"{found.error_name}, by lead and hour of the day")
    style.bare(axes)
    axes.grid(visible=False)
    figure.colorbar(image, ax=axes, pad=0.02)


def _reliability(axes: Axes, shares: Mapping[float, float]) -> None:
    asked, observed = np.array(list(shares)), np.array(list(shares.values()))
    axes.plot([0, 100], [0, 100], color=style.LIMIT, linestyle="--", linewidth=0.9)
    axes.plot(100 * asked, 100 * observed, color=style.CONSUMPTION, marker="o", markersize=5)
    for x, y in zip(asked, observed, strict=True):
        if np.isfinite(y):
            axes.annotate(f"{100 * y:.0f} %", (100 * x, 100 * y), (6, -10), textcoords="offset points")
    axes.set(xlim=(0, 100), ylim=(0, 100), xlabel="quantile (%)")
    axes.set_title("Reliability: measured at or below (%)")
    style.bare(axes)
