"""Charts as inline SVG: readable on a phone, without a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from flex_pipeline.plots.style import Array

WIDTH, HEIGHT = 400, 190
LEFT, RIGHT, TOP, BOTTOM = 34, 34, 8, 18


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


def area(top: Array, base: Array, scale: Scale, colour: str, title: str) -> str:
    """What lies between two values (T,) that are constant within each step."""
    if np.array_equal(top, base):
        return ""
    there, back = _corners(top, scale), list(reversed(_corners(base, scale)))
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in (*there, *back))
    return f'<polygon points="{points}" fill="{colour}"><title>{escape(title)}</title></polygon>'


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


def axis(
    scale: Scale, unit: str, *, right: bool = False, colour: str = "#555", values: Scale | None = None
) -> str:
    """The lowest and the highest value, zero, and the unit; `values` where the scale reaches beyond them."""
    shown = values or scale
    at, anchor = (WIDTH - RIGHT + 4, "start") if right else (LEFT - 4, "end")
    least = 0.08 * (scale.high - scale.low)  # marks that are closer would be written over each other
    marks = [0.0, *(mark for mark in (shown.low, shown.high) if abs(mark) > least)]
    texts = [
        f'<text x="{at}" y="{scale.y(mark) + 4:.1f}" text-anchor="{anchor}" fill="{colour}">{mark:.3g}</text>'
        for mark in marks
    ]
    middle = scale.y((scale.high if scale.high >= -scale.low else scale.low) / 2)
    turned = f'transform="rotate(-90 {at} {middle:.1f})" text-anchor="middle"'
    texts.append(f'<text x="{at}" y="{middle:.1f}" {turned} fill="{colour}">{escape(unit)}</text>')
    return "".join(texts)


def hours(labels: Sequence[tuple[int, str]], steps: int, height: int = HEIGHT) -> str:
    """Local times under the steps that they begin with."""
    return "".join(
        f'<text x="{x(step, steps):.1f}" y="{height - 4}" text-anchor="middle">{label}</text>'
        for step, label in labels
    )


def chart(parts: Sequence[str], label: str, height: int = HEIGHT) -> str:
    """A whole picture; `label` says what a reader who cannot see it needs to know."""
    box = f'viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{"".join(parts)}</svg>'


def waterfall(bars: Sequence[tuple[str, float, float]], unit: str, colours: Sequence[str]) -> str:
    """From one amount to another: for each bar its name, and where it begins and ends."""
    scale = Scale.around(np.array([value for _, *ends in bars for value in ends]))
    width = (WIDTH - LEFT - RIGHT) / len(bars)
    parts = [axis(scale, unit)]
    for i, ((name, begin, end), colour) in enumerate(zip(bars, colours, strict=True)):
        left, middle = LEFT + (i + 0.12) * width, LEFT + (i + 0.5) * width
        high, low = scale.y(max(begin, end)), scale.y(min(begin, end))
        parts.append(
            f'<rect x="{left:.1f}" y="{high:.1f}" width="{0.76 * width:.1f}" height="{max(low - high, 1):.1f}" '
            f'fill="{colour}"><title>{escape(name)}</title></rect>'
            f'<text x="{middle:.1f}" y="{HEIGHT - 4}" text-anchor="middle">{escape(name)}</text>'
        )
    zero = scale.y(0.0)
    parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="#000"/>')
    return chart(parts, "; ".join(f"{name} {end - begin:.2f} {unit}" for name, begin, end in bars))


def _corners(
    values: Array, scale: Scale, first: int = 0, steps: int | None = None
) -> list[tuple[float, float]]:
    n = steps or values.size
    return [
        (x(first + i + side, n), scale.y(float(value))) for i, value in enumerate(values) for side in (0, 1)
    ]
