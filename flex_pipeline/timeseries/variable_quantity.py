"""A quantity that may vary: one value, a series of equal intervals, or a list of segments.

    "45 kW"
    {"series": {"start": …, "resolution": "PT1H", "unit": "EUR/MWh", "values": [60, null]},
     "plus": …, "default": …}
    [{"value": "45 kW", "start": …, "end": …}, {"value": "0 kW", "datetime": …}]

Each becomes an array on a grid: coarser values are held, finer ones averaged over time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import isodate
import numpy as np
from numpy.typing import NDArray

from flex_pipeline.timeseries.grid import MICROSECOND, Grid, as_utc
from flex_pipeline.timeseries.units import LARGEST, Amount, Dimension, measures, parse_quantity, unit_inside

Array = NDArray[np.float64]
Overlap = Literal["first", "min", "max"]

SERIES_KEYS = ("start", "resolution", "unit", "values")
BESIDE_SERIES = ("plus", "default")  # what may stand beside a series or a sensor: fixed quantities
SEGMENT_KEYS = ("value", "start", "end", "duration", "datetime")


class QuantityError(ValueError):
    """What is wrong with a quantity, and where inside it (`path`, such as "[2].end")."""

    def __init__(self, path: str, value: object, message: str) -> None:
        super().__init__(message)
        self.path, self.value, self.message = path, value, message


@dataclass(frozen=True)
class Span:
    """A value from start to end; where they are equal, at that instant."""

    start_utc: datetime
    end_utc: datetime
    value: float


@dataclass(frozen=True)
class Fixed:
    """One value for all time, in the unit inside."""

    value: float
    currency: str | None = None

    def on(self, grid: Grid, overlap: Overlap = "first", fill: float = np.nan) -> Array:
        """The value at every step, shape (grid.n,)."""
        return np.full(grid.n, self.value)

    def spans(self, grid: Grid) -> tuple[Span, ...]:
        """The value over the whole grid."""
        return (Span(grid.start_utc, grid.end_utc, self.value),)


@dataclass(frozen=True)
class Series:
    """Values of equal intervals in the unit inside; NaN where nothing is known.

    `default`, unless NaN, stands in for what is not known.
    """

    start_utc: datetime
    resolution: timedelta
    values: Array
    currency: str | None = None
    default: float = np.nan

    def on(self, grid: Grid, overlap: Overlap = "first", fill: float = np.nan) -> Array:
        """Values on the grid, shape (grid.n,): held where coarser, averaged where finer.

        Gaps have the default of the series, or else `fill`.
        """
        begin = _microseconds(self.start_utc - grid.start_utc)
        length = _microseconds(self.resolution)
        edges = begin + length * np.arange(self.values.size + 1)
        pieces = _pieces(grid, edges)
        interval = (pieces[:-1] - begin) // length
        known = (interval >= 0) & (interval < self.values.size)
        values = np.full(interval.size, np.nan)
        values[known] = self.values[interval[known]]
        return _average(grid, pieces, values, fill if np.isnan(self.default) else self.default)

    def defaulted(self, grid: Grid) -> NDArray[np.bool_]:
        """Steps that the default speaks for, wholly or in part, shape (grid.n,)."""
        if np.isnan(self.default):
            return np.zeros(grid.n, dtype=bool)
        return np.isinf(replace(self, default=np.inf).on(grid))

    def spans(self, grid: Grid) -> tuple[Span, ...]:
        """One span per known interval that touches the grid.

        The last comes first: where two meet, the one that begins there has precedence.
        """
        starts = [self.start_utc + i * self.resolution for i in range(self.values.size)]
        return tuple(
            Span(start, start + self.resolution, float(value))
            for start, value in zip(reversed(starts), reversed(self.values), strict=True)
            if np.isfinite(value) and start <= grid.end_utc and start + self.resolution >= grid.start_utc
        )


@dataclass(frozen=True)
class Segments:
    """Spans that may overlap and leave gaps."""

    segments: tuple[Span, ...]
    currency: str | None = None

    def on(self, grid: Grid, overlap: Overlap = "first", fill: float = np.nan) -> Array:
        """Values on the grid, shape (grid.n,); `overlap` says which of several values counts, `fill` is
        for gaps.

        An instant speaks for the step that it lies in.
        """
        bounds = np.array([self._bounds(segment, grid) for segment in self.segments], dtype=np.int64)
        pieces = _pieces(grid, bounds.ravel())
        values = np.full(pieces.size - 1, np.nan)
        for segment, (start, end) in zip(self.segments, bounds, strict=True):
            inside = (pieces[:-1] >= start) & (pieces[:-1] < end)
            values[inside] = resolve_overlap(values[inside], segment.value, overlap)
        return _average(grid, pieces, values, fill)

    def spans(self, grid: Grid) -> tuple[Span, ...]:
        """The segments as they were stated."""
        return self.segments

    @staticmethod
    def _bounds(segment: Span, grid: Grid) -> tuple[int, int]:
        start = _microseconds(segment.start_utc - grid.start_utc)
        end = _microseconds(segment.end_utc - grid.start_utc)
        if start < end:
            return start, end
        step = _microseconds(grid.resolution)
        return start // step * step, (start // step + 1) * step


VariableQuantity = Fixed | Series | Segments


def scaled(quantity: VariableQuantity, factor: float) -> VariableQuantity:
    """The quantity times a factor, such as a part times the whole."""
    if isinstance(quantity, Fixed):
        return replace(quantity, value=quantity.value * factor)
    if isinstance(quantity, Series):
        return replace(quantity, values=quantity.values * factor, default=quantity.default * factor)
    return replace(
        quantity, segments=tuple(replace(span, value=span.value * factor) for span in quantity.segments)
    )


def resolve_overlap(before: Array, value: float, overlap: Overlap) -> Array:
    """Values after another statement; NaN is where nothing was stated before."""
    if overlap == "min":
        return np.fmin(before, value)
    if overlap == "max":
        return np.fmax(before, value)
    return np.where(np.isnan(before), value, before)


def parse_variable_quantity(
    raw: object, dimension: Dimension, bare_unit: str | None = None
) -> VariableQuantity:
    """Read any of the three forms; QuantityError says where it is wrong and what would be right."""
    if isinstance(raw, Mapping) and "series" in raw:
        return _parse_series(raw, dimension)
    if isinstance(raw, Mapping) and "value" in raw:
        raw = [raw]
    if isinstance(raw, list):
        return _parse_segments(raw, dimension, bare_unit)
    amount = _amount("", raw, dimension, bare_unit)
    return Fixed(*amount)


def parse_instant(text: object) -> datetime:
    """An ISO 8601 time with an offset, in UTC; ValueError otherwise."""
    if isinstance(text, datetime):
        return as_utc(text)
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise ValueError(f'"{text}" is not a time; write for example "2024-06-03T07:30:00+02:00"') from error
    return as_utc(instant)


def parse_length(text: object) -> timedelta:
    """A positive ISO 8601 duration of fixed length; ValueError otherwise."""
    return _length(str(text))


@lru_cache
def _length(text: str) -> timedelta:
    try:
        length = isodate.parse_duration(text)
    except isodate.ISO8601Error as error:
        raise ValueError(f'"{text}" is not a duration; write for example "PT2H"') from error
    if not isinstance(length, timedelta) or length <= timedelta(0):
        raise ValueError(f'"{text}" has no fixed, positive length; write for example "PT2H"')
    return length


def _parse_series(raw: Mapping[str, Any], dimension: Dimension) -> Series:
    _refuse_unknown("", raw, ("series", *BESIDE_SERIES))
    body = raw["series"]
    if not isinstance(body, Mapping):
        raise QuantityError(".series", body, f"needs {', '.join(SERIES_KEYS)}")
    _refuse_unknown(".series", body, SERIES_KEYS)
    if missing := [key for key in SERIES_KEYS if key not in body]:
        raise QuantityError(".series", "", f"lacks {', '.join(missing)}")
    start = _part(".series.start", body["start"], parse_instant)
    resolution = _part(".series.resolution", body["resolution"], parse_length)
    unit = _part(
        ".series.unit", body["unit"], lambda text: _unit_per_interval(str(text), dimension, resolution)
    )
    try:
        values = np.array(body["values"], dtype=float)
    except (TypeError, ValueError) as error:
        raise QuantityError(
            ".series.values", body["values"], "holds something that is not a number"
        ) from error
    values = values * unit.value
    if values.ndim != 1 or not values.size or (np.abs(values) > LARGEST).any():
        raise QuantityError(".series.values", "", "needs a list of finite numbers (null where unknown)")
    beside = {"plus": 0.0, "default": np.nan}
    for name in (name for name in BESIDE_SERIES if name in raw):
        beside[name], currency = _amount(f".{name}", raw[name], dimension, None)
        if currency != unit.currency:
            raise QuantityError(f".{name}", raw[name], f"is in {currency}, the series in {unit.currency}")
    plus = beside["plus"]
    return Series(start, resolution, values + plus, unit.currency, beside["default"] + plus)


def _unit_per_interval(unit: str, dimension: Dimension, resolution: timedelta) -> Amount:
    """What one `unit` is in the unit inside; an energy in each interval is read as its mean power."""
    try:
        return unit_inside(unit or "dimensionless", dimension)
    except ValueError:
        if dimension != "power" or not measures(unit, "energy"):
            raise
    return Amount(unit_inside(unit, "energy").value / (resolution / timedelta(hours=1)))


def _parse_segments(raw: list[Any], dimension: Dimension, bare_unit: str | None) -> Segments:
    if not raw:
        raise QuantityError("", raw, "is an empty list; leave the field out instead")
    segments, currencies = [], []
    for i, item in enumerate(raw):
        if not isinstance(item, Mapping):
            raise QuantityError(f"[{i}]", item, f"needs value and {', '.join(SEGMENT_KEYS[1:])}")
        _refuse_unknown(f"[{i}]", item, SEGMENT_KEYS)
        if "value" not in item:
            raise QuantityError(f"[{i}]", "", "lacks value")
        value, currency = _amount(f"[{i}].value", item["value"], dimension, bare_unit)
        segments.append(Span(*_parse_bounds(f"[{i}]", item), value))
        currencies.append(currency)
    if len(set(currencies)) > 1:
        raise QuantityError("", "", f"mixes {' and '.join(sorted(map(str, set(currencies))))}")
    return Segments(tuple(segments), currencies[0])


def _parse_bounds(path: str, item: Mapping[str, Any]) -> tuple[datetime, datetime]:
    given = frozenset(item) - {"value"}
    if given == {"datetime"}:
        instant = _part(f"{path}.datetime", item["datetime"], parse_instant)
        return instant, instant
    if given not in ({"start", "end"}, {"start", "duration"}, {"end", "duration"}):
        raise QuantityError(path, "", "needs datetime, or two of start, end and duration")
    length = _part(f"{path}.duration", item["duration"], parse_length) if "duration" in item else timedelta(0)
    start = _part(f"{path}.start", item["start"], parse_instant) if "start" in item else None
    end = _part(f"{path}.end", item["end"], parse_instant) if "end" in item else None
    if start is None and end is not None:
        start = end - length
    if end is None and start is not None:
        end = start + length
    if start is None or end is None or end < start:
        raise QuantityError(f"{path}.end", item.get("end"), "is before the start")
    return start, end


def _amount(path: str, raw: object, dimension: Dimension, bare_unit: str | None) -> tuple[float, str | None]:
    amount = _part(path, raw, lambda text: parse_quantity(text, dimension, bare_unit))
    return amount.value, amount.currency


def _part(path: str, raw: object, parse: Any) -> Any:
    try:
        return parse(raw)
    except ValueError as error:
        raise QuantityError(path, raw, str(error)) from error


def _refuse_unknown(path: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
    for key in given:
        if key not in known:
            raise QuantityError(f"{path}.{key}", given[key], f"is unknown here; known: {', '.join(known)}")


def _microseconds(length: timedelta) -> int:
    return length // MICROSECOND


def _pieces(grid: Grid, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Edges of the grid and those inside it, microseconds from the start of the grid, ascending."""
    step = _microseconds(grid.resolution)
    inside = edges[(edges > 0) & (edges < grid.n * step)]
    return np.union1d(step * np.arange(grid.n + 1, dtype=np.int64), inside)


def _average(grid: Grid, pieces: NDArray[np.int64], values: Array, fill: float) -> Array:
    """Mean over each step of the pieces with a value, once `fill` has replaced NaN; NaN for none."""
    values = np.where(np.isnan(values), fill, values)
    known = ~np.isnan(values)
    step = _microseconds(grid.resolution)
    owner = (pieces[:-1] // step)[known]
    share = np.diff(pieces)[known] / step
    total = np.bincount(owner, share * values[known], minlength=grid.n)
    covered = np.bincount(owner, share, minlength=grid.n)
    mean: Array = np.divide(total, covered, out=np.full(grid.n, np.nan), where=covered > 0)
    return mean
