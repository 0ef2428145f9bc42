"""Declaring a part, by the function that its shape names."""

from __future__ import annotations

from importlib import import_module

from pyomo.environ import Block

from flex_pipeline.scheduling.parts import Shape


def declare_part(block: Block, shape: Shape) -> None:
    """Fill a block with the variables, constraints, ports, nodes and objectives of a shape."""
    module, _, function = shape.declared_by.partition(":")
    getattr(import_module(module), function)(block, shape)
