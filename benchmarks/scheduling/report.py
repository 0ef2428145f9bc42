"""What is printed: tables in Markdown, row by row as they are measured, and the bars at the end."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version

PACKAGES = ("highspy", "Pyomo", "numpy", "scipy")


@dataclass(frozen=True)
class Bar:
    """A figure that was set beforehand, and what was measured."""

    what: str
    measured: float
    bar: float
    at_least: bool = False

    @property
    def passed(self) -> bool:
        """Whether the bar is reached."""
        return self.measured >= self.bar if self.at_least else self.measured <= self.bar

    @property
    def row(self) -> tuple[str, ...]:
        """As shown."""
        sign = "≥" if self.at_least else "≤"
        return (
            self.what,
            _times(self.measured),
            f"{sign} {_times(self.bar)}",
            "pass" if self.passed else "FAIL",
        )


def versions(partner: str | None) -> str:
    """Of all that takes part; `partner` is that of FlexMeasures."""
    named = {package: version(package) for package in PACKAGES} | (
        {"FlexMeasures": partner} if partner else {}
    )
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {of}" for name, of in named.items())])


def show(title: str, columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table; each row as soon as it is there."""
    for line in _lines(title, tuple(columns), rows):
        print(line, flush=True)


def _lines(title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"\n## {title}\n"
    yield _line(columns, columns)
    yield _line(["-" * len(column) for column in columns], columns)
    for row in rows:
        yield _line(row, columns)


def _line(cells: Iterable[str], columns: Iterable[str]) -> str:
    first, *others = zip(cells, columns, strict=True)
    placed = [first[0].ljust(len(first[1])), *(cell.rjust(len(column)) for cell, column in others)]
    return "| " + " | ".join(placed) + " |"


def _times(ratio: float) -> str:
    return f"{ratio:.2f} ×"
