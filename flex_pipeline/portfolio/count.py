"""Fields that hold a whole number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flex_pipeline.portfolio.fields import Fault, Reading


@dataclass(frozen=True)
class Count:
    """How many: 1 or more, or from another number on."""

    least: int = 1

    def faults(self, value: Any, path: str, reading: Reading) -> Iterator[Fault]:
        """Anything but a whole number from the least on."""
        if not isinstance(value, int) or isinstance(value, bool) or value < self.least:
            yield Fault(path, value, f"must be a whole number from {self.least} on")

    def schema(self) -> dict[str, Any]:
        """An integer."""
        return {"type": "integer", "minimum": self.least}

    def describe(self) -> str:
        """What it is."""
        return "a whole number"
