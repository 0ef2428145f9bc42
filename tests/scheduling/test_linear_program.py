from __future__ import annotations

from dataclasses import replace
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from flex_pipeline.scheduling.highs import Simplex, conflict, solve_program
from flex_pipeline.scheduling.linear_program import LinearProgram, dual_bound


def program(
    rows: list[list[float]],
    lower: list[float],
    upper: list[float],
    *,
    offset: float = 0.0,
    integer: bool = False,
    at_least: float = 0.0,
    **objectives: list[float],
) -> LinearProgram:
    """All columns from `at_least` to 1."""
    matrix, n = sparse.csc_array(np.array(rows, float)), len(rows[0])
    nothing = np.empty(0)
    return LinearProgram(
        {name: (np.array(cost, float), offset) for name, cost in objectives.items()},
        matrix.data,
        matrix.indices.astype(np.int32),
        matrix.indptr.astype(np.int32),
        np.array(lower, float),
        np.array(upper, float),
        np.full(n, at_least),
        np.ones(n),
        np.full(n, integer),
        nothing.astype(np.intp),
        nothing,
        nothing,
    )


def knapsack(*, integer: bool = False) -> LinearProgram:
    """min −3x − 2y + 1 with x + y ≤ 1.5: at (1, 0.5), where it is −3."""
    return program([[1, 1]], [-np.inf], [1.5], offset=1.0, integer=integer, money=[-3, -2])


def test_the_optimum_and_what_it_costs() -> None:
    solution = solve_program(knapsack(), "money")

    assert solution.status == "optimal"
    assert solution.x == pytest.approx([1, 0.5])
    assert solution.value == pytest.approx(-3)
    assert solution.row_duals == pytest.approx([-2])


def test_integers_are_kept() -> None:
    solution = solve_program(knapsack(integer=True), "money")

    assert solution.x == pytest.approx([1, 0])
    assert solution.tree_bound == pytest.approx(-2)


def test_the_simplex_method_goes_on_from_where_it_was() -> None:
    dearer = program([[1, 1]], [-np.inf], [1.5], money=[-2, -3])
    narrower = replace(knapsack(), row_upper=np.array([1.25]))
    simplex = Simplex()

    first = simplex.minimise(dearer, "money", feasible=False, time_limit_s=10)
    second = simplex.minimise(knapsack(), "money", feasible=True, time_limit_s=10)
    third = simplex.minimise(narrower, "money", feasible=False, time_limit_s=10)
    again = Simplex(simplex.basis).minimise(dearer, "money", feasible=False, time_limit_s=10)

    assert first.x == pytest.approx([0.5, 1])
    assert second.x == pytest.approx([1, 0.5])
    assert second.value == pytest.approx(-3)
    assert third.x == pytest.approx([1, 0.25])
    assert again.x == pytest.approx([0.5, 1])


@given(st.floats(-5, 5))
def test_the_bound_holds_for_any_duals_and_is_tight_for_the_right_ones(dual: float) -> None:
    # the optimum is 1 − 3 − 1 = −3, with −2 as the price of weight
    assert dual_bound(knapsack(), "money", np.array([dual])) <= -3 + 1e-12
    assert dual_bound(knapsack(), "money", np.array([-2.0])) == pytest.approx(-3)


def test_the_optimal_face_holds_all_optima_and_nothing_else() -> None:
    # the first two are equally cheap; of them, the preference is for the second
    all_or_nothing = program([[1, 1, 1]], [1], [1], money=[1, 1, 2], preference=[1, 0, -5])

    cheapest = solve_program(all_or_nothing, "money")
    face = all_or_nothing.optimal_face(cheapest.reduced_costs, cheapest.row_duals)

    assert solve_program(face, "preference").x == pytest.approx([0, 1, 0])


def test_an_infeasible_program_names_the_rows_that_cannot_hold_together() -> None:
    too_heavy = program([[1, 1], [1, 1], [1, 0]], [-np.inf, 2, 0.1], [1.5, np.inf, np.inf], money=[-3, -2])

    assert solve_program(too_heavy, "money").status == "infeasible"
    assert set(conflict(too_heavy).tolist()) == {0, 1}


def test_the_smallest_change_of_several_limits_at_once() -> None:
    # x + y + r ≥ 2 and x + r' ≥ 1.25: the same r for both must be 0.25, as x ≤ 1, and then x + y ≥ 1.75
    short = program([[1, 1, 1, 0], [1, 0, 0, 1]], [2, 1.25], [np.inf, np.inf], money=[0, 0, 0, 0])
    rigid = short.without(np.array([2, 3]))

    change = solve_program(rigid.with_one_for_all(np.array([2, 3])), "change")

    assert change.x is not None
    assert change.x[-1] == pytest.approx(0.25)


def test_violations_are_those_of_the_rows_and_columns_asked_for() -> None:
    point = np.array([1.25, 0.75])  # x is 0.25 above its bound, the row 0.5 above its own

    assert knapsack().violation(point, slice(0, 1), slice(1, 2)) == pytest.approx(0.5)
    assert knapsack().violation(point, slice(0, 0), slice(0, 2)) == pytest.approx(0.25)
    assert knapsack().violation(np.zeros(2), slice(0, 1), slice(0, 2)) == 0


def test_what_each_choice_costs_at_least_is_known_from_the_duals() -> None:
    # min x + 3y + 2z with x + y + z = 1: each alone costs what it costs, and the relaxation has the dual 1
    choice = program([[1, 1, 1]], [1], [1], integer=True, money=[1, 3, 2])
    relaxed = solve_program(replace(choice, integer=np.zeros(3, np.bool_)), "money")

    columns = np.arange(3)
    assert choice.bounds_with(columns, "money", relaxed.row_duals) == pytest.approx([1, 3, 2])
    closed = choice.without(np.array([2]))
    assert closed.bounds_with(columns, "money", relaxed.row_duals) == pytest.approx([1, 3, np.inf])


def test_a_ceiling_on_one_objective_bounds_another() -> None:
    # −3x − 2y + 1 ≤ −2 leaves x = 1 and y = 0 as the least y
    bounded = program([[1, 1]], [-np.inf], [1.5], offset=1.0, money=[-3, -2], second=[0, 1])

    solution = solve_program(bounded.with_ceiling("money", -2.0), "second")

    assert solution.x == pytest.approx([1, 0])
    assert solve_program(bounded.with_ceiling("money", -2.5), "second").x == pytest.approx([1, 0.25])


def test_a_search_over_integers_is_no_worse_than_where_it_starts() -> None:
    start = np.array([0.0, 1.0])

    found = solve_program(knapsack(integer=True), "money", start=start)

    assert found.value <= -2 + 1 + 1e-9


def test_a_search_over_integers_keeps_its_time_limit_however_long_the_solver_has_worked() -> None:
    """HiGHS counts the time of such a search from its start: a limit from when it was made would grow with use."""
    # of five rows of large random numbers, half of each has to be picked: hours of search
    rows = np.random.default_rng(0).integers(0, 100, (5, 40)).astype(float).tolist()
    half = [sum(row) // 2 for row in rows]
    hard = program(rows, half, half, integer=True, money=[0.0] * 40)
    spent = []
    for _ in range(3):
        began = process_time()
        assert solve_program(hard, "money", time_limit_s=0.4).status != "optimal"
        spent.append(process_time() - began)

    assert spent[2] < 1.0
