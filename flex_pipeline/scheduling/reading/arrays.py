"""Reading declared fields as arrays on the grid, with a notice for each gap that was filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.fields import Fault, ListOf, Quantity, Reading, Record, join
from flex_pipeline.timeseries.grid import Grid
from flex_pipeline.timeseries.units import Dimension
from flex_pipeline.timeseries.variable_quantity import Series, VariableQuantity, scaled

Array = NDArray[np.float64]


@dataclass
class Notes:
    """What reading a problem goes by and finds out: faults stop it, notices tell what was assumed."""

    grid: Grid
    timezone: ZoneInfo
    fill_prices: str = "edges"  # fill-missing-prices
    faults: list[Fault] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def hours(self, steps: NDArray[np.bool_]) -> str:
        """Stretches of marked steps on the local clock: "2024-06-03 14:00 to 16:00, …"."""
        change = np.flatnonzero(np.diff(np.concatenate([[0], steps.astype(np.int8), [0]])))
        stretches = [
            self._stretch(first, last) for first, last in zip(change[::2], change[1::2], strict=True)
        ]
        more = f" and {len(stretches) - 3} more" if len(stretches) > 3 else ""
        return ", ".join(stretches[:3]) + more

    def ends(self, steps: NDArray[np.bool_]) -> str:
        """The ends of marked steps on the local clock: "2024-06-03 14:00, …"."""
        times = [self.clock(self.grid.instant(int(t) + 1)) for t in np.flatnonzero(steps)]
        return ", ".join(times[:3]) + (f" and {len(times) - 3} more" if len(times) > 3 else "")

    def clock(self, instant: datetime) -> str:
        """A time on the local clock."""
        return f"{instant.astimezone(self.timezone):%Y-%m-%d %H:%M}"

    def _stretch(self, first: int, last: int) -> str:
        start, end = self.grid.local(int(first), self.timezone), self.grid.local(int(last), self.timezone)
        same_day = start.date() == end.date()
        return f"{start:%Y-%m-%d %H:%M} to {end:{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}}"


@dataclass
class Fields:
    """One flex-context or flex-model that has passed its check."""

    mapping: Mapping[str, Any]
    record: Record
    path: str
    notes: Notes

    def __contains__(self, name: str) -> bool:
        return name in self.mapping

    def quantity(self, name: str) -> VariableQuantity:
        """The field as a quantity in the unit inside."""
        kind = self.record[name].type
        assert isinstance(kind, Quantity)
        return self._inside(kind, self.mapping[name], name)

    def dimension(self, name: str) -> Dimension:
        """What the field is stated in, where it may be one of two."""
        kind = self.record[name].type
        assert isinstance(kind, Quantity)
        return kind.dimension_of(self.mapping[name])

    def number(self, name: str, default: float) -> float:
        """A fixed quantity."""
        return float(self.quantity(name).on(self.notes.grid)[0]) if name in self else default

    def components(self, name: str) -> list[VariableQuantity]:
        """A list of quantities."""
        kind = self.record[name].type
        assert isinstance(kind, ListOf)
        assert isinstance(kind.item, Quantity)
        return [
            self._inside(kind.item, item, f"{name}[{i}]") for i, item in enumerate(self.mapping.get(name, []))
        ]

    def array(self, name: str, fill: float | None = None) -> Array:
        """The field at every step; gaps are NaN, or `fill` with a notice."""
        kind = self.record[name].type
        assert isinstance(kind, Quantity)
        quantity = self.quantity(name)
        values = quantity.on(self.notes.grid, kind.overlap)
        gaps = np.isnan(values)
        if fill is not None and gaps.any():
            if isinstance(quantity, Series):  # segments leave gaps on purpose
                self.notice(name, f"unknown {self.notes.hours(gaps)}: taken as {fill:g}")
            values = np.where(gaps, fill, values)
        return values

    def total(self, name: str) -> Array:
        """The sum of a list of powers; what is unknown counts as 0, with a notice."""
        total = np.zeros(self.notes.grid.n)
        for i, component in enumerate(self.components(name)):
            values = component.on(self.notes.grid)
            gaps = np.isnan(values)
            if gaps.any() and isinstance(component, Series):
                self.notice(f"{name}[{i}]", f"unknown {self.notes.hours(gaps)}: taken as 0 kW")
            total += component.on(self.notes.grid, fill=0.0)
        return total

    def flag(self, name: str, default: bool) -> bool:
        """A flag; null leaves the default."""
        given = self.mapping.get(name)
        return default if given is None else bool(given)

    def notice(self, name: str, text: str) -> None:
        """Tell, once, what was assumed about a field."""
        notice = f"{join(self.path, name)}: {text}"
        if notice not in self.notes.notices:
            self.notes.notices.append(notice)

    def fault(self, name: str, message: str) -> None:
        """Say what is wrong with a field."""
        self.notes.faults.append(Fault(join(self.path, name), self.mapping.get(name), message))

    def _inside(self, kind: Quantity, raw: Any, name: str) -> VariableQuantity:
        """A quantity in the unit inside: parts of soc-max as energies, energies per step as powers."""
        quantity = kind.parse(raw, self._reading)
        written = kind.dimension_of(raw)
        if kind.dimension == "energy" and written == "ratio":
            quantity = scaled(quantity, self.number("soc-max", np.nan))
        if kind.dimension == "power" and written == "energy":
            self.notice(
                name, f"is an energy: taken as that much in each step of {self.notes.grid.resolution}"
            )
            quantity = scaled(quantity, 1 / self.notes.grid.hours)
        if isinstance(quantity, Series) and (filled := quantity.defaulted(self.notes.grid)).any():
            self.notice(
                name, f"unknown {self.notes.hours(filled)}: its default of {quantity.default:g} holds"
            )
        return quantity

    @property
    def _reading(self) -> Reading:
        return Reading(energy_unit=self.mapping.get("soc-unit"))
