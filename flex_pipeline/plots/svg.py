"""Charts as inline SVG: readable on a phone, without a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from flex_pipeline.plots.style import CONSUMPTION, PASSIVE, STOCK, Array, Look
from flex_pipeline.plots.waterfall import Bar

WIDTH, HEIGHT = 400, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 46, 22, 26
NAMES, AMOUNTS, ROW = 130, 62, 20  # of a waterfall: left of the bars, right of them, and down
SPARK = 120, 24
# those of style.HATCHES, as paths in a square of 6
HATCHES = {
    "////": "M0 6L6 0",
    "....": "M3 3h.1",
    "xxxx": "M0 6L6 0M0 0L6 6",
}
DASHES = {"-": "", "--": "6 3", "-.": "6 2 1 2", ":": "1 3"}  # of matplotlib's names of styles


@dataclass(frozen=True)
class Scale:
    """From values in [low, high] to heights in a chart."""

    low: float
    high: float
    height: int = HEIGHT

    @classmethod
    def around(cls, *values: Array, height: int = HEIGHT) -> Scale:
        """One that shows zero and all of some values."""
        known = np.concatenate([part[np.isfinite(part)] for part in values] or [np.zeros(1)])
        low, high = min(float(known.min(initial=0.0)), 0.0), max(float(known.max(initial=0.0)), 0.0)
        return cls(low, high if high > low else low + 1.0, height)

    def with_zero_where(self, other: Scale) -> Scale:
        """The same with room below, or above, so that its zero is as high as that of another."""
        below = -other.low / (other.high - other.low)
        if self.high * below >= -self.low * (1 - below):
            return Scale(-self.high * below / (1 - below) if below < 1 else self.low, self.high, self.height)
        return Scale(self.low, -self.low * (1 - below) / below, self.height)

    def y(self, value: float) -> float:
        """The height of a value, from the top."""
        return TOP + (self.high - value) / (self.high - self.low) * (self.height - TOP - BOTTOM)


def x(step: float, steps: int) -> float:
    """Where a step begins."""
    return LEFT + step / steps * (WIDTH - LEFT - RIGHT)


def hatches() -> str:
    """The patterns of hatched areas, to be once on a page."""
    patterns = "".join(
        f'<pattern id="hatch-{i}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<path d="{path}" stroke="#fff" stroke-width="1.2" stroke-linecap="round"/></pattern>'
        for i, path in enumerate(HATCHES.values())
    )
    return f'<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>{patterns}</defs></svg>'


def area(top: Array, base: Array, scale: Scale, colour: str, title: str, hatch: str | None = None) -> str:
    """What lies between two values (T,) that are constant within each step."""
    if np.array_equal(top, base):
        return ""
    there, back = _corners(top, scale), list(reversed(_corners(base, scale)))
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in (*there, *back))
    told = f"<title>{escape(title)}</title>"
    return "".join(
        f'<polygon points="{points}" fill="{fill}">{told}</polygon>' for fill in _fills(colour, hatch)
    )


def swatch(colour: str, hatch: str | None = None) -> str:
    """A colour, small enough for a line of text."""
    rects = "".join(f'<rect width="14" height="14" fill="{fill}"/>' for fill in _fills(colour, hatch))
    return f'<svg viewBox="0 0 14 14" class="swatch" aria-hidden="true">{rects}</svg>'


def _fills(colour: str, hatch: str | None) -> list[str]:
    return [colour] if hatch is None else [colour, f"url(#hatch-{list(HATCHES).index(hatch)})"]


def line(values: Array, scale: Scale, colour: str, title: str, *, dash: str = "", width: float = 1.5) -> str:
    """Values (T,) that are constant within each step; nothing where one is not known."""
    drawn = []
    for part in np.ma.clump_unmasked(np.ma.masked_invalid(values)):  # type: ignore[no-untyped-call]
        points = " ".join(
            f"{a:.1f},{b:.1f}" for a, b in _corners(values[part], scale, part.start, values.size)
        )
        drawn.append(f'<polyline points="{points}"/>')
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    style = f'fill="none" stroke="{colour}" stroke-width="{width}"{dashes}'
    return f"<g {style}><title>{escape(title)}</title>{''.join(drawn)}</g>"


def curve(values: Array, scale: Scale, look: Look, title: str) -> str:
    """Values (T,) at the ends of steps, straight between them."""
    points = " ".join(
        f"{x(i + 1, values.size):.1f},{scale.y(float(value)):.1f}"
        for i, value in enumerate(values)
        if np.isfinite(value)
    )
    style = f'fill="none" stroke="{look.colour}" stroke-width="1.5" stroke-dasharray="{DASHES[look.dash]}"'
    return f'<polyline points="{points}" {style}><title>{escape(title)}</title></polyline>'


def axis(
    scale: Scale, unit: str, *, right: bool = False, colour: str = PASSIVE, values: Scale | None = None
) -> str:
    """The lowest and the highest value, zero, and above them the unit; `values` where the scale reaches farther."""
    shown = values or scale
    at, anchor = (WIDTH - RIGHT + 4, "start") if right else (LEFT - 4, "end")
    least = 0.1 * (scale.high - scale.low)  # marks that are closer would be written over each other
    marks = [0.0, *(mark for mark in (shown.low, shown.high) if abs(mark) > least)]
    texts = [
        f'<text x="{at}" y="{scale.y(mark) + 4:.1f}" text-anchor="{anchor}" fill="{colour}">{_mark(mark)}</text>'
        for mark in marks
    ]
    side, anchor = (WIDTH, "end") if right else (0, "start")
    texts.append(f'<text x="{side}" y="11" text-anchor="{anchor}" fill="{colour}">{escape(unit)}</text>')
    return "".join(texts)


def _mark(value: float) -> str:
    return (f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}").replace("-", "−")


def hours(labels: Sequence[tuple[int, str]], steps: int, height: int = HEIGHT) -> str:
    """Local times under the steps that they begin with."""
    return "".join(
        f'<text x="{x(step, steps):.1f}" y="{height - 4}" text-anchor="middle" fill="{PASSIVE}">{label}</text>'
        for step, label in labels
    )


def chart(parts: Sequence[str], label: str, height: int = HEIGHT) -> str:
    """A whole picture; `label` says what a reader who cannot see it needs to know."""
    box = f'viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{"".join(parts)}</svg>'


def waterfall(bars: Sequence[Bar], currency: str) -> str:
    """One bar below the other, with its name before it and its amount behind it: names of any number find room."""
    ends = np.array([value for bar in bars for value in (bar.begin, bar.end, 0.0)])
    low, span = float(ends.min()), float(np.ptp(ends)) or 1.0
    per_unit = (WIDTH - NAMES - AMOUNTS) / span
    height = ROW * len(bars) + 4
    places = [(bar, NAMES + (bar.begin - low) * per_unit, NAMES + (bar.end - low) * per_unit) for bar in bars]
    zero = NAMES - low * per_unit
    parts = [f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="0" y2="{height}" stroke="#000" stroke-width="0.6"/>']
    for row, (bar, begin, end) in enumerate(places):
        left, right, top = min(begin, end), max(begin, end), ROW * row + 4
        parts.append(
            f'<text x="{NAMES - 6}" y="{top + 12}" text-anchor="end">{escape(bar.name)}</text>'
            f'<rect x="{left:.1f}" y="{top}" width="{max(right - left, 1):.1f}" height="{ROW - 4}" '
            f'fill="{bar.colour}"/>'
            f'<text x="{max(right, zero) + 4:.1f}" y="{top + 12}">{bar.written}</text>'
        )
        if row:  # from the bar above
            before = places[row - 1][2]
            parts.append(
                f'<line x1="{before:.1f}" x2="{before:.1f}" y1="{top - ROW}" y2="{top + ROW - 4}" '
                f'stroke="{PASSIVE}" stroke-width="0.6"/>'
            )
    told = "; ".join(f"{bar.name} {bar.written} {currency}" for bar in bars)
    return chart(parts, f"cost: {told}", height)


def sparkline(values: Array, label: str) -> str:
    """Bars from zero, one a day, small enough for a line of text; nothing where a value is not known."""
    known = values[np.isfinite(values)]
    low, high = min(float(known.min(initial=0.0)), 0.0), max(float(known.max(initial=0.0)), 0.0)
    per_unit, width = SPARK[1] / ((high - low) or 1.0), SPARK[0] / max(values.size, 1)
    bars = (
        f'<rect x="{i * width:.1f}" y="{(high - max(value, 0.0)) * per_unit:.1f}" width="{0.8 * width:.1f}" '
        f'height="{max(abs(value) * per_unit, 0.5):.1f}" fill="{CONSUMPTION if value >= 0 else STOCK}"/>'
        for i, value in enumerate(values)
        if np.isfinite(value)
    )
    box = f'viewBox="0 0 {SPARK[0]} {SPARK[1]}" class="spark" role="img" aria-label="{escape(label)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{"".join(bars)}</svg>'


def _corners(
    values: Array, scale: Scale, first: int = 0, steps: int | None = None
) -> list[tuple[float, float]]:
    n = steps or values.size
    return [
        (x(first + i + side, n), scale.y(float(value))) for i, value in enumerate(values) for side in (0, 1)
    ]
