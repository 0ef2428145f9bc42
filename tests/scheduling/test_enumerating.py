from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest

from flex_pipeline.scheduling import read_problem
from flex_pipeline.scheduling.enumerating import best_option
from flex_pipeline.scheduling.formulation import Formulation
from flex_pipeline.scheduling.highs import solve_program
from tests.scheduling.sites import battery, process, site


def formulation(prices: list[float], peak_price: float = 0.3) -> Formulation:
    """A battery and a process that needs half of the connection."""
    context = {"site_power_capacity": "4 kW", "site_peak_consumption_price": f"{peak_price} EUR/kW"}
    return Formulation(read_problem(site(prices, battery(), process("SHIFTABLE"), **context)))


@pytest.mark.parametrize("seed", range(5))
def test_the_best_option_is_the_optimum_of_a_search_and_its_bound_proves_it(seed: int) -> None:
    prices = np.random.default_rng(seed).uniform(-0.1, 0.5, 12).round(2).tolist()
    found = formulation(prices)
    (device,) = found.problem.processes
    options = found.only_choice(found.program)
    assert options is not None
    assert options.tolist() == found.process_columns(device).tolist()

    best = best_option(found.program, options, "money", perf_counter() + 10)

    assert best.x is not None
    assert sorted(best.x[options].round(9))[-2:] == [0, 1]
    assert best.value == pytest.approx(solve_program(found.program, "money").value, abs=1e-9)
    assert best.tree_bound == pytest.approx(best.value, abs=1e-9)


def test_of_equal_options_the_first_is_taken() -> None:
    found = formulation([0.2] * 8, peak_price=0.0)
    options = found.process_columns(found.problem.processes[0])

    best = best_option(found.program, options, "money", perf_counter() + 10)

    assert best.x is not None
    assert np.argmax(best.x[options]) == 0


def test_at_the_deadline_there_is_a_bound_and_no_more() -> None:
    found = formulation([0.2, 0.1, 0.3, 0.1])
    options = found.process_columns(found.problem.processes[0])
    optimum = solve_program(found.program, "money").value

    best = best_option(found.program, options, "money", perf_counter() + 1e-4)

    assert best.tree_bound <= optimum + 1e-9


def test_there_is_another_choice_where_a_process_is_broken_or_runs_twice() -> None:
    for device in (process("BREAKABLE"), process("SHIFTABLE", runs=2)):
        found = Formulation(read_problem(site([0.2] * 8, battery(), device)))
        assert found.only_choice(found.program) is None
