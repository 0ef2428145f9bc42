"""What less CO2 costs: a table from least money to least CO2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyomo.contrib.appsi.solvers import Highs
from pyomo.environ import Constraint

from flex_pipeline.scheduling import Problem, read_problem, solve
from flex_pipeline.scheduling.model.plain import plain_model
from flex_pipeline.scheduling.pareto import ParetoTable, pareto
from tests.scheduling.plans import between, solved, stock
from tests.scheduling.sites import battery, group, site
from tests.scheduling.test_emissions import house, random_house

EXACT = 5e-6


def table(mapping: dict[str, Any], points: int = 5) -> ParetoTable:
    return pareto(read_problem(mapping), points)


def test_a_table_by_hand() -> None:
    found = table(house(), 3)

    # from 1.6 kg at 0.6 EUR to 0.4 kg at 1 EUR; down to 0.7 kg the saved kg costs 0.25, below that 0.50
    assert [point.kg for point in found.points] == pytest.approx([1.6, 1.0, 0.4])
    assert [point.money for point in found.points] == pytest.approx([0.6, 0.75, 1.0])
    assert found.points[1].marginal_price == pytest.approx(0.25)
    assert found.least_kg == pytest.approx(0.4)


@pytest.mark.parametrize("seed", range(5))
def test_less_co2_never_costs_less_and_no_point_is_beaten_by_another(seed: int) -> None:
    points = table(random_house(seed)).points
    money, kg = np.array([(point.money, point.kg) for point in points]).T

    assert all(point.schedule.status == "optimal" for point in points)
    assert (np.diff(kg) <= EXACT).all()
    assert (np.diff(money) >= -EXACT).all()
    for one in points:
        beaten = (money < one.money - EXACT) & (kg < one.kg + EXACT)
        assert not beaten.any()


@pytest.mark.parametrize("seed", range(5))
def test_the_ends_are_exact(seed: int) -> None:
    mapping = random_house(seed)
    points = table(mapping, 2).points
    mapping["flex_context"]["emissions-budget"] = "1000 kg"
    problem = read_problem(mapping)

    least_money = plain(problem, "money")
    least_kg = plain(problem, "kg")
    assert points[0].money == pytest.approx(least_money, abs=EXACT)
    assert points[0].kg == pytest.approx(plain(problem, "kg", most_money=least_money), abs=1e-4)
    assert points[1].kg == pytest.approx(least_kg, abs=EXACT)
    assert points[1].money == pytest.approx(plain(problem, "money", most_kg=least_kg), abs=1e-4)


def plain(problem: Problem, what: str, *, most_money: float = np.inf, most_kg: float = np.inf) -> float:
    """The least money or CO2 by the plain model, within rounding of the other's optimum."""
    model = plain_model(problem.by_name())
    blocks = {name: block for name, block in model.component_map().items() if name.startswith("part_")}
    kg = sum(
        sum(block.emitted[t].expr for t in block.emitted)
        for block in blocks.values()
        if "emitted" in getattr(block, "ports", ())
    )
    money = model.money.expr
    if np.isfinite(most_money):
        model.most_money = Constraint(expr=money <= most_money + 1e-7)
    if np.isfinite(most_kg):
        model.most_kg = Constraint(expr=kg <= most_kg + 1e-7)
    model.money.expr = money if what == "money" else kg
    solver = Highs()
    solver.config.load_solution = False
    solver.highs_options = {"threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 1e-7}
    found = solver.solve(model).best_feasible_objective
    assert found is not None
    return float(found)


def test_the_marginal_price_is_what_a_kg_more_or_less_changes() -> None:
    step = 1e-3
    for point in table(house(), 6).points[1:-1]:
        less, more = (solved(house(emissions_budget=f"{point.kg + d} kg")).costs.total for d in (-step, step))
        assert (less - more) / (2 * step) == pytest.approx(point.marginal_price, abs=1e-6)


def test_comfort_is_not_given_up_for_co2() -> None:
    """A car that may be left empty at a price: the least CO2 of all would be that of no charging."""
    wish: dict[str, Any] = {"soc_minima": between("8 kWh", 3, 4), "production_capacity": "0 kW"}
    relaxed = {"soc_minima_breach_price": "5 EUR/kWh", "site_consumption_capacity": "9 kW"}
    mapping = house(battery(**wish), **relaxed)

    for point in table(mapping, 4).points:
        assert not point.schedule.breaches
        assert stock(point.schedule)[3] == pytest.approx(8, abs=1e-5)


def test_soft_limits_of_groups_are_kept_as_well() -> None:
    grouped = battery(group="feeder")
    soft = group("feeder", consumption_capacity="1 kW", consumption_breach_price="1 EUR/kW")
    assert all(not point.schedule.breaches for point in table(house(grouped, soft), 3).points)


def test_a_site_without_a_choice_has_equal_points() -> None:
    fixed = {"name": "pv", "flex_model": {"inflexible-production": "1 kW"}}
    found = table(house(fixed), 2).points
    assert found[0].money == pytest.approx(found[1].money)


def test_an_infeasible_site_has_no_table_but_a_diagnosis() -> None:
    mapping = house(battery(soc_targets=between("50 kWh", 2, 2)), relax_constraints=False)
    mapping["devices"][0]["flex_model"]["soc-max"] = "60 kWh"
    found = table(mapping)

    assert not found.points
    assert found.cheapest.status == "infeasible"
    assert found.to_dict()["diagnosis"]


def test_a_table_needs_to_know_the_co2_of_a_kwh() -> None:
    with pytest.raises(ValueError, match="needs consumption-emissions"):
        pareto(read_problem(site([0.1, 0.2], battery())))


def test_a_budget_of_the_site_bounds_the_table() -> None:
    points = table(house(emissions_budget="1 kg"), 3).points
    assert points[0].kg == pytest.approx(1.0)
    assert points[0].money == pytest.approx(solve(read_problem(house(emissions_budget="1 kg"))).costs.total)
