"""Fields that hold a whole number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flex_pipeline.portfolio.fields import Fault, Reading


@dataclass(frozen=True)
class Count:
    """How often: 1 or more."""

    def faults(self, value: Any, path: str, reading: Reading) -> Iterator[Fault]:
        """Anything but a whole number from 1 on."""
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            yield Fault(path, value, "must be a whole number from 1 on")

    def schema(self) -> dict[str, Any]:
        """An integer."""
        return {"type": "integer", "minimum": 1}

    def describe(self) -> str:
        """What it is."""
        return "a whole number"
