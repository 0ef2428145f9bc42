"""How a part of the model is declared.

A constraint family is a rule whose name is the family's and whose docstring is its equation. All numbers that differ
from one problem to the next are mutable Params, and each is used linearly: so a compiled part can be stamped with other
numbers without Pyomo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from pyomo.core.expr.relational_expr import EqualityExpression
from pyomo.environ import Any as ANYTHING
from pyomo.environ import Block, Constraint, Expression, NonNegativeReals, Param, Var

from flex_pipeline.scheduling.template import RELIEF

Rule = Callable[..., Any]
Term = Any  # a Pyomo expression or a number
LIMITS: dict[str, str] = {}  # families that may be relaxed, and the unit of what one more of them would be


def limit(unit: str) -> Callable[[Rule], Rule]:
    """Mark a family as a limit: it has a shadow price per `unit`, and gives way in the search for a conflict."""

    def mark(rule: Rule) -> Rule:
        LIMITS[rule.__name__] = unit
        return rule

    return mark


def declare(block: Block, index: Iterable[Any], *rules: Rule, elastic: bool = False) -> None:
    """Add each family under the name of its rule; where the part is elastic, limits give way."""
    members = list(index)
    for rule in rules:
        given_way = elastic and rule.__name__ in LIMITS
        setattr(block, rule.__name__, Constraint(members, rule=_relaxed(block, members, rule) if given_way else rule))


def numbers(block: Block, index: Iterable[Any], *names: str) -> None:
    """Add parameters over an index."""
    members = list(index)
    for name in names:
        setattr(block, name, Param(members, mutable=True, within=ANYTHING, default=1.0))


def number(block: Block, *names: str) -> None:
    """Add parameters that do not vary."""
    for name in names:
        setattr(block, name, Param(mutable=True, within=ANYTHING, default=1.0))


def node(block: Block, steps: Iterable[int], name: str) -> None:
    """Add a node: the sum of the flows that ports of other parts send here."""
    setattr(block, name, Expression(list(steps), initialize=0.0))
    block.nodes = (*names_of(block, "nodes"), name)


def port(block: Block, steps: Iterable[int], rule: Rule) -> None:
    """Add a port under the name of its rule: a flow that leaves the part."""
    setattr(block, rule.__name__, Expression(list(steps), rule=rule))
    block.ports = (*names_of(block, "ports"), rule.__name__)


def names_of(block: Block, kind: Literal["nodes", "ports"]) -> tuple[str, ...]:
    """Names of the nodes or ports of a part."""
    return getattr(block, kind, ())


def objectives(block: Block, *, money: Term = 0.0, preference: Term = 0.0) -> None:
    """What the part adds to the cost, and to what is preferred at equal cost; both are minimised."""
    block.money = Expression(expr=money)
    block.preference = Expression(expr=preference)


def _relaxed(block: Block, members: list[Any], rule: Rule) -> Rule:
    """The rule with a relief; an equation has one each way."""
    relief = Var(members, within=NonNegativeReals)
    setattr(block, f"{rule.__name__}{RELIEF}", relief)
    other = Var(members, within=NonNegativeReals)
    if members and isinstance(rule(block, members[0]), EqualityExpression):
        setattr(block, f"{rule.__name__}_short{RELIEF}", other)

    def relaxed(b: Block, t: Any) -> Any:
        left, right = (relation := rule(b, t)).args
        if isinstance(relation, EqualityExpression):
            return left + other[t] - relief[t] == right
        return left - relief[t] <= right

    return relaxed
