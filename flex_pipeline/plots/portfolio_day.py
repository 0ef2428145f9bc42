"""A day of several sites in one picture: for each the waterfall of its cost, and its powers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flex_pipeline.plots import style, waterfall
from flex_pipeline.plots.schedule import SiteDay, draw_powers
from flex_pipeline.plots.waterfall import Component

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALL: dict[Any, Any] = {
    "font.size": 7,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
}
ROW_INCH = 2.2


@dataclass(frozen=True)
class SiteCost:
    """A site on a day: its powers, and what they cost in its currency."""

    day: SiteDay
    components: Sequence[Component]


def plot_portfolio_day(sites: Sequence[SiteCost]) -> bytes:
    """A PNG 1000 wide with a row for each site."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(SMALL):
        figure = Figure(figsize=(10, ROW_INCH * len(sites)), dpi=100, layout="constrained")
        rows = figure.subplots(len(sites), 2, squeeze=False, width_ratios=[2, 3])
        for (money, powers), site in zip(rows, sites, strict=True):
            waterfall.draw(money, waterfall.bars(site.components), site.day.currency)
            money.set_title(site.day.site_id)
            _powers(powers, site.day)
        return style.png(figure, colours=128)


def _powers(axes: Axes, day: SiteDay) -> None:
    draw_powers(axes, day, style.looks(day.device_power_kw))
    style.local_hours(axes, style.edges(day.starts, day.step_hours), day.timezone)
    axes.set_ylabel("power kW")
    axes.set_title(f"{day.day:%a} {day.day} · {day.timezone}", fontweight="normal", fontsize=7)
    axes.legend(loc="center left", bbox_to_anchor=(1.12, 0.5), frameon=False, fontsize=6)
