"""Parts: a problem as the model sees it.

Each part is one block of the model: a *shape*, which decides what variables and constraints there are, and
*parameters*, the numbers in them. Parts of equal shape share one compiled template. Parts are joined by ports: what
leaves one part by a port is added up at a node of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Stretches = tuple[int, ...]  # first step of each stretch of equal price


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What decides the variables and constraints of a part, and nothing else.

    `elastic`: limits give way, at a violation.
    """

    declared_by: ClassVar[str]  # "module:function", which fills a Pyomo block for a shape

    steps: int
    hours: float  # of a step
    elastic: bool = False


@dataclass(frozen=True)
class Link:
    """A flow from the port of one part to the node of another, where it is added up; parts by their keys."""

    source: str
    port: str
    target: str
    node: str


@dataclass(frozen=True)
class Part:
    """One block of the model."""

    kind: str
    name: str  # of the site, device or stock
    shape: Shape
    parameters: Mapping[str, Array]  # (T,), or one number per stretch, or one
    links: tuple[Link, ...] = ()

    @property
    def key(self) -> str:
        """What sets it apart from the other parts of its problem."""
        return key(self.kind, self.name)


def key(kind: str, name: str) -> str:
    """A battery and its stock have the same name, but not the same key."""
    return f"{kind}:{name}"


SITE = key("site", "site")


def to_the_site(source: str) -> Link:
    """The power of a device is added up at the connection."""
    return Link(source, "power", SITE, "power")


def one(value: float) -> Array:
    """A parameter that does not vary."""
    return np.array([value])


def within(name: str, parameters: Mapping[str, Array]) -> dict[str, Array]:
    """Parameters of a block inside a part."""
    return {f"{name}.{key}": values for key, values in parameters.items()}
