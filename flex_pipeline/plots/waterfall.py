"""Costs as a waterfall: without flexibility, what shifting changes of each component, as planned, as it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from flex_pipeline.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST = 0.005  # what rounds to nothing is not drawn


@dataclass(frozen=True)
class Component:
    """A part of a cost, in one currency; negative is income."""

    name: str
    baseline_cost: float  # without flexibility
    cost: float  # as planned
    realised_cost: float | None  # None: not measured in full


class Bar(NamedTuple):
    """A total, from zero to its amount; or a change, from the amount before it to that behind it."""

    name: str
    begin: float
    end: float
    is_total: bool

    @property
    def amount(self) -> float:
        """Of the total, or of the change: negative for what is saved."""
        return self.end - self.begin

    @property
    def colour(self) -> str:
        """Totals are blue, savings green, what costs more is orange."""
        if self.is_total:
            return style.CONSUMPTION
        return style.GAIN if self.amount <= 0 else style.LOSS

    @property
    def written(self) -> str:
        """The amount; a change always with its sign, so that its colour says nothing more."""
        amount = round(self.amount, 2) + 0.0
        return (f"{amount:.2f}" if self.is_total else f"{amount:+.2f}").replace("-", "−")


def components_of(rows: Sequence[Mapping[str, Any]]) -> list[Component]:
    """Components by name from rows that have their columns; those of one name are added up, in the order they come."""
    named: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        named.setdefault(row["component"], []).append(row)
    return [
        Component(
            name,
            sum(row["baseline_cost"] for row in parts),
            sum(row["cost"] for row in parts),
            _known_sum([row["realised_cost"] for row in parts]),
        )
        for name, parts in named.items()
    ]


def bars(components: Sequence[Component]) -> list[Bar]:
    """From the cost without flexibility to the planned one, and to the realised one where it is known."""
    reached = sum(component.baseline_cost for component in components)
    found = [Bar("no flexibility", 0.0, reached, True)]
    for component in components:
        change = component.cost - component.baseline_cost
        if abs(change) >= LEAST:
            found.append(Bar(component.name, reached, reached + change, False))
        reached += change
    planned = sum(component.cost for component in components)
    found.append(Bar("planned", 0.0, planned, True))
    realised = _known_sum([component.realised_cost for component in components])
    if realised is not None:
        found += [Bar("surprise", planned, realised, False), Bar("realised", 0.0, realised, True)]
    return found


def draw(axes: Axes, drawn: Sequence[Bar], currency: str) -> None:
    """One bar below the other, with its name before it and its amount behind it."""
    places = range(len(drawn))
    left, right = ([side(bar.begin, bar.end) for bar in drawn] for side in (min, max))
    widths = [high - low for low, high in zip(left, right, strict=True)]
    axes.barh(places, widths, left=left, color=[bar.colour for bar in drawn], height=0.7)
    for place, bar in zip(places, drawn, strict=True):
        beside: dict[str, Any] = {"xytext": (4, 0), "textcoords": "offset points", "va": "center"}
        axes.annotate(bar.written, (max(bar.begin, bar.end, 0.0), place), **beside)
    for place, bar in zip(places[:-1], drawn, strict=False):
        axes.plot([bar.end, bar.end], [place - 0.35, place + 1.35], color=style.PASSIVE, linewidth=0.6)
    axes.axvline(0, color="black", linewidth=0.6)
    axes.set_yticks(places, [bar.name for bar in drawn])
    axes.invert_yaxis()
    axes.margins(x=0.16)  # room for the amounts
    axes.set_xlabel(currency)
    style.bare(axes)
    axes.grid(visible=False)


def _known_sum(amounts: Sequence[float | None]) -> float | None:
    """The sum; None where a part is not known, or there is none."""
    known = [amount for amount in amounts if amount is not None]
    return float(sum(known)) if known and len(known) == len(amounts) else None
