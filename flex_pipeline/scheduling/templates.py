"""Templates of problems: each shape is compiled once, each composition joined once."""

from __future__ import annotations

from functools import lru_cache

from flex_pipeline.scheduling.composing import Join, compose
from flex_pipeline.scheduling.parts import Part, Shape
from flex_pipeline.scheduling.template import Template


def template_of(parts: tuple[Part, ...]) -> Template:
    """The template of all parts of a problem."""
    number = {part.key: i for i, part in enumerate(parts)}
    joins = tuple(
        Join(i, link.port, number[link.part], link.node) for i, part in enumerate(parts) for link in part.links
    )
    return _composed(tuple(part.shape for part in parts), joins)


@lru_cache(maxsize=128)
def _composed(shapes: tuple[Shape, ...], joins: tuple[Join, ...]) -> Template:
    return compose([part_template(shape) for shape in shapes], joins)


@lru_cache(maxsize=512)
def part_template(shape: Shape) -> Template:
    """The template of a shape."""
    # Pyomo takes half a second to import: only where a shape is new
    from flex_pipeline.scheduling.compiling import compile_part

    return compile_part(shape)
