"""Templates of problems: each shape is compiled once, each composition joined once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from typing import Any

from flex_pipeline.scheduling.composing import Join, compose
from flex_pipeline.scheduling.parts import Part, Shape
from flex_pipeline.scheduling.reference_basis import reference_basis
from flex_pipeline.scheduling.template import Template
from flex_pipeline.scheduling.template_cache import kept_template


@dataclass(frozen=True)
class Composition:
    """Shapes that are joined: what all problems with these have in common; parts by their number."""

    shapes: tuple[Shape, ...]
    template: Template
    columns: tuple[slice, ...]  # of each part
    rows: tuple[slice, ...]

    @cached_property
    def basis(self) -> Any:
        """Where the simplex method starts; None: where it likes."""
        return reference_basis(self.template, self.shapes)


def composition_of(parts: tuple[Part, ...]) -> Composition:
    """What a problem of these parts has in common with others."""
    number = {part.key: i for i, part in enumerate(parts)}
    joins = tuple(
        Join(number[link.source], link.port, number[link.target], link.node)
        for part in parts
        for link in part.links
    )
    return _composition(tuple(part.shape for part in parts), joins)


@lru_cache(maxsize=128)
def _composition(shapes: tuple[Shape, ...], joins: tuple[Join, ...]) -> Composition:
    parts = [part_template(shape) for shape in shapes]
    columns, rows = (
        _slices(part.column_lower.size for part in parts),
        _slices(part.row_count for part in parts),
    )
    return Composition(shapes, compose(parts, joins), columns, rows)


def _slices(sizes: Iterable[int]) -> tuple[slice, ...]:
    ends = list(accumulate(sizes))
    return tuple(slice(start, end) for start, end in pairwise([0, *ends]))


@lru_cache(maxsize=512)
def part_template(shape: Shape) -> Template:
    """The template of a shape."""
    return kept_template(shape)
