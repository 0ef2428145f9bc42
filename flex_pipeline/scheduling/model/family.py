"""How a constraint family is declared: a rule whose name is the family and whose docstring is the
equation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from pyomo.environ import Block, Constraint, NonNegativeReals, Var

Rule = Callable[[Any, int], Any]
Expression = Any  # a Pyomo expression or a number


def declare(block: Block, steps: Iterable[int], *rules: Rule) -> None:
    """Add each family, under the name of its rule."""
    for rule in rules:
        setattr(block, rule.__name__, Constraint(list(steps), rule=rule))


def numbers(block: Block, **arrays: np.ndarray[Any, Any]) -> None:
    """Give a block its parameters, as floats by step."""
    for name, values in arrays.items():
        setattr(block, name, values.tolist())


def relax(block: Block, steps: Sequence[int], *families: str) -> None:
    """Let hard families give way, in order to find out which of them conflict."""
    for name in families:
        setattr(block, f"{name}_relief", Var(steps, within=NonNegativeReals))


def relief(block: Block, family: str, t: int) -> Expression:
    """By how much a family gives way at a step: not at all, unless it was relaxed."""
    slack = block.component(f"{family}_relief")
    return 0.0 if slack is None else slack[t]


def stated(values: np.ndarray[Any, Any]) -> list[int]:
    """The steps at which something is stated: neither NaN nor without bound."""
    return [int(t) for t in np.flatnonzero(np.isfinite(values))]
