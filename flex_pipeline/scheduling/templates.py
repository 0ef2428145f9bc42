"""Templates of problems: each shape is compiled once, each composition joined once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from flex_pipeline.scheduling.composing import Join, compose
from flex_pipeline.scheduling.parts import Part, Shape
from flex_pipeline.scheduling.reference_basis import reference_basis
from flex_pipeline.scheduling.template import Template


@dataclass(frozen=True)
class Composition:
    """Shapes that are joined: what all problems with these have in common."""

    shapes: tuple[Shape, ...]
    template: Template

    @cached_property
    def basis(self) -> Any:
        """Where the simplex method starts; None: where it likes."""
        return reference_basis(self.template, self.shapes)


def composition_of(parts: tuple[Part, ...]) -> Composition:
    """What a problem of these parts has in common with others."""
    number = {part.key: i for i, part in enumerate(parts)}
    joins = tuple(
        Join(i, link.port, number[link.part], link.node) for i, part in enumerate(parts) for link in part.links
    )
    return _composition(tuple(part.shape for part in parts), joins)


@lru_cache(maxsize=128)
def _composition(shapes: tuple[Shape, ...], joins: tuple[Join, ...]) -> Composition:
    return Composition(shapes, compose([part_template(shape) for shape in shapes], joins))


@lru_cache(maxsize=512)
def part_template(shape: Shape) -> Template:
    """The template of a shape."""
    # Pyomo takes half a second to import: only where a shape is new
    from flex_pipeline.scheduling.compiling import compile_part

    return compile_part(shape)
