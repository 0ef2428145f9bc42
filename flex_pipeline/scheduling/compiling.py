"""Compiling a part: every number of its linear program as an affine function of its Params, proved by probing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pyomo.core.expr.visitor import identify_mutable_parameters
from pyomo.environ import ConcreteModel, Constraint, Param, Var, value
from pyomo.repn import generate_standard_repn
from scipy import sparse

from flex_pipeline.scheduling.model.declaring import declare_part
from flex_pipeline.scheduling.model.family import limits_of, names_of
from flex_pipeline.scheduling.parts.part import Shape
from flex_pipeline.scheduling.template import OBJECTIVES, Family, Index, Name, Node, Port, Template

ROUNDING = 1e-9


class NotAffineError(TypeError):
    """A number that is not affine in the parameters; names the constraint it belongs to."""


@dataclass
class _Numbers:
    """Numbers as they are found, with the parameters they depend on."""

    parameter: dict[int, int]  # id of the ParamData: its place in the parameter vector
    base: list[float] = field(default_factory=list)
    at: list[tuple[int, int, float]] = field(default_factory=list)  # number, parameter, derivative

    def add(self, expression: Any, what: str) -> int:
        """Take up a number; NotAffineError where it is not affine."""
        number = len(self.base)
        if isinstance(expression, int | float):
            self.base.append(float(expression))
            return number
        found = {id(p): p for p in identify_mutable_parameters(expression)}
        constant, slopes = _probe(expression, list(found.values()), what)
        self.base.append(constant)
        self.at += [
            (number, self.parameter[i], slope) for i, slope in zip(found, slopes, strict=True) if slope
        ]
        return number

    def gradient(self) -> sparse.csr_array:
        """Derivatives of all numbers by all parameters."""
        rows, columns, slopes = zip(*self.at, strict=True) if self.at else ((), (), ())
        shape = (len(self.base), len(self.parameter))
        return sparse.csr_array((np.array(slopes, float), (rows, columns)), shape=shape)


def _probe(expression: Any, parameters: list[Any], what: str) -> tuple[float, list[float]]:
    before = [p.value for p in parameters]
    try:
        constant = _at(expression, parameters, [0.0] * len(parameters))
        slopes = []
        for i in range(len(parameters)):
            point = [0.0] * len(parameters)
            point[i] = 1.0
            slopes.append(_at(expression, parameters, point) - constant)
        for scale in (1.7, -0.6):
            point = [scale * (1 + 0.37 * i) for i in range(len(parameters))]
            expected = constant + sum(s * x for s, x in zip(slopes, point, strict=True))
            if not abs(_at(expression, parameters, point) - expected) <= ROUNDING * max(1.0, abs(expected)):
                raise NotAffineError(_message(expression, what))
    except (ArithmeticError, ValueError) as error:
        raise NotAffineError(_message(expression, what)) from error
    finally:
        for p, old in zip(parameters, before, strict=True):
            p.value = old
    return constant, slopes


def _at(expression: Any, parameters: list[Any], point: list[float]) -> float:
    for p, x in zip(parameters, point, strict=True):
        p.value = x
    return float(value(expression))


def _message(expression: Any, what: str) -> str:
    return f"{what}: {expression} is not affine in its Params; make it a Param of its own"


@dataclass(frozen=True)
class _Row:
    """lower ≤ Σ terms + Σ inflows ≤ upper; coefficients are numbers or expressions in Params."""

    family: str
    index: Any
    terms: list[tuple[int, Any]]  # column, coefficient
    inflows: list[tuple[str, int, float]]  # node, step, factor
    lower: Any
    upper: Any

    @property
    def what(self) -> str:
        return f"{self.family}[{self.index}]"

    @property
    def is_bound(self) -> bool:
        """Whether it bounds a single variable."""
        return len(self.terms) == 1 and not self.inflows and isinstance(self.terms[0][1], int | float)

    @property
    def as_bound(self) -> tuple[int, Any, Any]:
        """The column, and its bounds."""
        column, factor = self.terms[0]
        lower, upper = _times(1 / factor, self.lower), _times(1 / factor, self.upper)
        return (column, lower, upper) if factor > 0 else (column, upper, lower)


@dataclass
class _Walk:
    """A declared part, with a stand-in variable for each node and step."""

    model: ConcreteModel
    inflow: dict[int, tuple[str, int]] = field(default_factory=dict)  # by id of the stand-in
    column: dict[int, int] = field(default_factory=dict)  # by id of the variable

    def __post_init__(self) -> None:
        for component in list(self.model.component_objects(Var)):
            for data in component.values():
                self.column[id(data)] = len(self.column)
        for name in names_of(self.model, "nodes"):
            node = self.model.component(name)
            stand_in = Var(list(node))
            self.model.add_component(f"{name}_inflow", stand_in)
            for t in node:
                node[t].expr = stand_in[t]
                self.inflow[id(stand_in[t])] = (name, t)

    def rows(self) -> Iterator[_Row]:
        """All constraints."""
        for family in self.model.component_objects(Constraint):
            name = family.getname(fully_qualified=True)
            for index, constraint in family.items():
                lower, body, upper = constraint.to_bounded_expression()
                terms, inflows, constant = self.linear(body, f"{name}[{index}]")
                yield _Row(
                    name,
                    index,
                    terms,
                    inflows,
                    _less(lower, constant, -np.inf),
                    _less(upper, constant, np.inf),
                )

    def linear(
        self, expression: Any, what: str
    ) -> tuple[list[tuple[int, Any]], list[tuple[str, int, float]], Any]:
        """Terms, inflows and constant of an expression."""
        repn = generate_standard_repn(expression, compute_values=False, quadratic=False)
        if repn.nonlinear_expr is not None:
            raise NotAffineError(f"{what} is not linear in its variables: {repn.nonlinear_expr}")
        terms, inflows = [], []
        for variable, coefficient in zip(repn.linear_vars, repn.linear_coefs, strict=True):
            if id(variable) in self.column:
                terms.append((self.column[id(variable)], coefficient))
            elif isinstance(coefficient, int | float):
                inflows.append((*self.inflow[id(variable)], float(coefficient)))
            else:
                raise NotAffineError(
                    f"{what}: what comes from other parts has a constant factor, not {coefficient}"
                )
        return terms, inflows, repn.constant


def compile_part(shape: Shape) -> Template:
    """The template of a shape."""
    model = ConcreteModel()
    declare_part(model, shape)
    walk = _Walk(model)
    params = list(model.component_objects(Param))
    numbers = _Numbers({id(data): i for i, data in enumerate(d for p in params for d in p.values())})
    found = list(walk.rows())
    rows, bounds = [row for row in found if not row.is_bound], [row for row in found if row.is_bound]
    entries = [(i, column) for i, row in enumerate(rows) for column, _ in row.terms]
    _add_numbers(numbers, walk, rows, bounds)
    ports = {name: _port(numbers, walk, name) for name in names_of(model, "ports")}
    variables = [data for component in _variables(model) for data in component.values()]
    return Template(
        tuple((0, param.getname(fully_qualified=True), len(param)) for param in params),
        np.array(numbers.base),
        numbers.gradient(),
        _index(i for i, _ in entries),
        _index(j for _, j in entries),
        np.array([-np.inf if v.lb is None else v.lb for v in variables], float),
        np.array([np.inf if v.ub is None else v.ub for v in variables], float),
        np.array([not v.is_continuous() for v in variables], bool),
        len(rows),
        _index(row.as_bound[0] for row in bounds),
        {
            (0, component.getname(fully_qualified=True)): _index(
                walk.column[id(v)] for v in component.values()
            )
            for component in _variables(model)
        },
        _families(rows),
        _families(bounds),
        {(0, name): limit for name, limit in limits_of(model).items()},
        ports,
        {name: _node(rows, name) for name in names_of(model, "nodes")},
    )


def _add_numbers(numbers: _Numbers, walk: _Walk, rows: list[_Row], bounds: list[_Row]) -> None:
    """In the order of `Template.sizes`."""
    for row in rows:
        for _, coefficient in row.terms:
            numbers.add(coefficient, row.what)
    offsets = []
    for name in OBJECTIVES:
        terms, inflows, constant = walk.linear(walk.model.component(name).expr, name)
        assert not inflows, f"{name} of a part may not depend on others"
        costs = dict(terms)
        for j in range(len(walk.column)):
            numbers.add(costs.get(j, 0.0), name)
        offsets.append(constant)
    for name, constant in zip(OBJECTIVES, offsets, strict=True):
        numbers.add(constant, name)
    for row in rows:
        numbers.add(row.lower, row.what)
    for row in rows:
        numbers.add(row.upper, row.what)
    for side in (1, 2):
        for row in bounds:
            numbers.add(row.as_bound[side], row.what)


def _port(numbers: _Numbers, walk: _Walk, name: str) -> Port:
    flow = walk.model.component(name)
    steps, columns, coefficients, constants = [], [], [], []
    for t in flow:
        terms, inflows, constant = walk.linear(flow[t].expr, f"{name}[{t}]")
        assert not inflows, f"{name}: what comes in by a node leaves by a variable"
        for column, coefficient in terms:
            steps.append(t)
            columns.append(column)
            coefficients.append(numbers.add(coefficient, name))
        constants.append(numbers.add(constant, name))
    return Port(_index(steps), _index(columns), _index(coefficients), _index(constants))


def _node(rows: list[_Row], name: str) -> Node:
    entries = [
        (i, t, factor) for i, row in enumerate(rows) for node, t, factor in row.inflows if node == name
    ]
    return Node(
        _index(i for i, _, _ in entries),
        _index(t for _, t, _ in entries),
        np.array([f for _, _, f in entries]),
    )


def _families(rows: list[_Row]) -> dict[Name, Family]:
    members: dict[str, list[tuple[int, int]]] = {}
    for i, row in enumerate(rows):
        first = row.index[0] if isinstance(row.index, tuple) else row.index
        members.setdefault(row.family, []).append((i, -1 if first is None else first))
    return {
        (0, name): Family(_index(i for i, _ in m), _index(t for _, t in m)) for name, m in members.items()
    }


def _variables(model: ConcreteModel) -> list[Any]:
    return [c for c in model.component_objects(Var) if not c.local_name.endswith("_inflow")]


def _index(values: Iterable[int]) -> Index:
    return np.fromiter(values, np.intp)


def _less(bound: Any, constant: Any, unbounded: float) -> Any:
    if bound is None:
        return unbounded
    return bound if isinstance(constant, int | float) and constant == 0 else bound - constant


def _times(factor: float, bound: Any) -> Any:
    return bound if factor == 1 else factor * bound
