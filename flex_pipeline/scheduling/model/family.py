"""How a part of the model is declared.

A constraint family is a rule whose name is the family's and whose docstring is its equation. All numbers that differ
from one problem to the next are mutable Params, and each is used linearly: so a compiled part can be stamped with other
numbers without Pyomo.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pyomo import environ
from pyomo.core.expr.relational_expr import EqualityExpression
from pyomo.environ import Block, Constraint, Expression, NonNegativeReals, Param, Var

from flex_pipeline.scheduling.limits import LIMITS, Limit, Rule
from flex_pipeline.scheduling.template import RELIEF

Term = Any  # a Pyomo expression or a number


def declare(block: Block, index: Iterable[Any], *rules: Rule, elastic: bool = False) -> None:
    """Add each family under the name of its rule; where the part is elastic, limits give way."""
    members = list(index)
    for rule in rules:
        name, is_limit = rule.__name__, rule in LIMITS
        if is_limit:
            block.limits = {**limits_of(block), name: LIMITS[rule]}
        family = Constraint(members, rule=_relaxed(block, members, rule) if elastic and is_limit else rule)
        block.add_component(name, family)


def numbers(block: Block, index: Iterable[Any], *names: str) -> None:
    """Add parameters over an index."""
    members = list(index)
    for name in names:
        setattr(block, name, Param(members, mutable=True, within=environ.Any, default=1.0))


def number(block: Block, *names: str) -> None:
    """Add parameters that do not vary."""
    for name in names:
        setattr(block, name, Param(mutable=True, within=environ.Any, default=1.0))


def node(block: Block, steps: Iterable[int], name: str) -> None:
    """Add a node: the sum of the flows that ports of other parts send here."""
    setattr(block, name, Expression(list(steps), initialize=0.0))
    block.nodes = (*names_of(block, "nodes"), name)


def port(block: Block, steps: Iterable[int], *rules: Rule) -> None:
    """Add ports under the names of their rules: flows that leave the part."""
    members = list(steps)
    for rule in rules:
        block.add_component(rule.__name__, Expression(members, rule=rule))
        block.ports = (*names_of(block, "ports"), rule.__name__)


def names_of(block: Block, kind: Literal["nodes", "ports"]) -> tuple[str, ...]:
    """Names of the nodes or ports of a part."""
    return getattr(block, kind, ())


def limits_of(block: Block) -> dict[str, Limit]:
    """The families of a part that are limits."""
    return getattr(block, "limits", {})


def objectives(block: Block, *, money: Term = 0.0, preference: Term = 0.0) -> None:
    """What the part adds to the cost, and to what is preferred at equal cost; both are minimised."""
    block.money = Expression(expr=money)
    block.preference = Expression(expr=preference)


def _relaxed(block: Block, members: list[Any], rule: Rule) -> Rule:
    """The rule with a relief."""
    relief = Var(members, within=NonNegativeReals)
    block.add_component(f"{rule.__name__}{RELIEF}", relief)

    def relaxed(b: Block, t: Any) -> Any:
        relation = rule(b, t)
        if isinstance(relation, EqualityExpression):
            raise TypeError(
                f"{rule.__name__} is a limit and so an inequality: state its two sides as two families"
            )
        left, right = relation.args
        return left - relief[t] <= right

    return relaxed
