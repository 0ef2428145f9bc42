from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyomo.environ import Binary, ConcreteModel, Constraint, NonNegativeReals, Objective, Var

from flex_pipeline.scheduling.linear_program import compile_model, conflict, dual_bound, solve_program


def knapsack(domain: object = NonNegativeReals) -> ConcreteModel:
    """min −3x − 2y + 1 with x + y ≤ 1.5; ties are broken by y."""
    m = ConcreteModel()
    m.x = Var([0, 1], within=domain, bounds=(0, 1))
    m.weight = Constraint(expr=m.x[0] + m.x[1] <= 1.5)
    m.money = Objective(expr=-3 * m.x[0] - 2 * m.x[1] + 1)
    m.preference = Objective(expr=m.x[0])
    return m


def test_a_model_is_compiled_with_all_of_its_objectives() -> None:
    program = compile_model(knapsack())

    assert program.objectives["money"][0].tolist() == [-3, -2]
    assert program.objectives["money"][1] == 1
    assert program.row_upper.tolist() == [1.5]
    assert solve_program(program, "money").value == pytest.approx(-3)
    assert solve_program(program, "preference").value == pytest.approx(0)


def test_integers_are_kept() -> None:
    solution = solve_program(compile_model(knapsack(Binary)), "money")

    assert solution.x == pytest.approx([1, 0])
    assert solution.bound == pytest.approx(-2)


@given(st.floats(-5, 5))
def test_the_bound_holds_for_any_duals_and_is_tight_for_the_right_ones(dual: float) -> None:
    program = compile_model(knapsack())

    # the optimum is 1 − 3 − 1 = −3, with −2 as the price of weight
    assert dual_bound(program, "money", np.array([dual])) <= -3 + 1e-12
    assert dual_bound(program, "money", np.array([-2.0])) == pytest.approx(-3)


def test_the_optimal_face_holds_all_optima_and_nothing_else() -> None:
    m = ConcreteModel()
    m.x = Var([0, 1, 2], bounds=(0, 1))
    m.total = Constraint(expr=m.x[0] + m.x[1] + m.x[2] == 1)
    m.money = Objective(expr=m.x[0] + m.x[1] + 2 * m.x[2])  # x0 and x1 are equally cheap
    m.preference = Objective(expr=m.x[0] - 5 * m.x[2])
    program = compile_model(m)

    face = program.optimal_face(solve_program(program, "money"))

    assert solve_program(face, "preference").x == pytest.approx([0, 1, 0])


def test_an_infeasible_program_names_what_cannot_hold_together() -> None:
    m = knapsack()
    m.heavy = Constraint(expr=m.x[0] + m.x[1] >= 2)
    m.harmless = Constraint(expr=m.x[0] >= 0.1)
    program = compile_model(m)

    assert solve_program(program, "money").status == "infeasible"
    assert {c.parent_component().local_name for c in conflict(program)} & {"weight", "heavy", "harmless"} == {
        "weight",
        "heavy",
    }
