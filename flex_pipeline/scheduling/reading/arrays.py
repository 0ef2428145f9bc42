"""Reading declared fields as arrays on the grid, with a notice for each gap that was filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.fields import Fault, ListOf, Quantity, Reading, Record, join
from flex_pipeline.timeseries.grid import Grid
from flex_pipeline.timeseries.units import Dimension
from flex_pipeline.timeseries.variable_quantity import VariableQuantity

Array = NDArray[np.float64]


@dataclass
class Notes:
    """What reading a problem found out: faults stop it, notices tell what was assumed."""

    grid: Grid
    timezone: ZoneInfo
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
        return kind.parse(self.mapping[name], self._reading)

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
        return [kind.item.parse(item, self._reading) for item in self.mapping.get(name, [])]

    def array(self, name: str, fill: float | None = None) -> Array:
        """The field at every step; gaps are NaN, or `fill` with a notice."""
        kind = self.record[name].type
        assert isinstance(kind, Quantity)
        values = self.quantity(name).on(self.notes.grid, kind.overlap)
        gaps = np.isnan(values)
        if fill is not None and gaps.any():
            if isinstance(self.mapping[name], Mapping):  # a list of segments leaves gaps on purpose
                self.notice(name, f"unknown {self.notes.hours(gaps)}: taken as {fill:g}")
            values = np.where(gaps, fill, values)
        return values

    def total(self, name: str) -> Array:
        """The sum of a list of powers; what is unknown counts as 0, with a notice."""
        total = np.zeros(self.notes.grid.n)
        for i, component in enumerate(self.components(name)):
            values = component.on(self.notes.grid)
            gaps = np.isnan(values)
            if gaps.any() and isinstance(self.mapping[name][i], Mapping):
                self.notice(f"{name}[{i}]", f"unknown {self.notes.hours(gaps)}: taken as 0 kW")
            total += component.on(self.notes.grid, fill=0.0)
        return total

    def flag(self, name: str, default: bool) -> bool:
        """A flag; null leaves the default."""
        given = self.mapping.get(name)
        return default if given is None else bool(given)

    def notice(self, name: str, text: str) -> None:
        """Tell what was assumed about a field."""
        self.notes.notices.append(f"{join(self.path, name)}: {text}")

    def fault(self, name: str, message: str) -> None:
        """Say what is wrong with a field."""
        self.notes.faults.append(Fault(join(self.path, name), self.mapping.get(name), message))

    @property
    def _reading(self) -> Reading:
        return Reading(energy_unit=self.mapping.get("soc-unit"))
