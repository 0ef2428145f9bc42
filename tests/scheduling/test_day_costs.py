"""What a day costs: the sum of its own steps, with the highest values that it has itself."""

from __future__ import annotations

import json
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flex_pipeline.scheduling import Problem, ProblemError, Schedule, read_problem, solve
from flex_pipeline.scheduling.costs import Costs
from flex_pipeline.scheduling.day_costs import Flows, day_costs, first_steps
from tests.scheduling.sites import at, battery, group, process, series, site

PAID_FOR_EVERYTHING: dict[str, Any] = {
    "production_price": "0 EUR/kWh",
    "site_power_capacity": "20 kW",
    "site_consumption_capacity": "4 kW",
    "site_consumption_breach_price": "2 EUR/kW",
    "site_peak_consumption_price": "1 EUR/kW",
    "consumption_emissions": "0.4 kg/kWh",
    "emissions_price": "100 EUR/t",
    "commitments": [{"name": "promised", "baseline": "1 kW", "up-price": "0.02 EUR/kWh"}],
    "inflexible_consumption": [series([5, 1, 3, 7], "kW")],
}

HEAT = {
    "commodity": "heat",
    "consumption-price": "0.1 EUR/kWh",
    "consumption-emissions": "0.2 kg/kWh",
    "site-peak-consumption-price": "0.5 EUR/kW",
}


def flows(problem: Problem, schedule: Schedule, n: int) -> Flows:
    """Those of the first steps of a schedule."""
    net = {"electricity": schedule.site_power_kw} | {k: c.power_kw for k, c in schedule.commodities.items()}
    stocks = {stock.name: schedule.devices[stock.name].soc_kwh for stock in problem.stocks}
    return Flows(
        {commodity: kw[:n] for commodity, kw in net.items()},
        {name: device.power_kw[:n] for name, device in schedule.devices.items()},
        {name: soc[1 : n + 1] for name, soc in stocks.items() if soc is not None},
    )


def whole(problem: Problem, schedule: Schedule) -> Costs:
    """The costs of a horizon that is one day, of all commodities."""
    n = problem.grid.n
    found = day_costs(first_steps(problem, n), flows(problem, schedule, n)).values()
    return Costs(*np.sum([astuple(costs) for costs in found], axis=0).tolist())


def without_horizon(costs: Costs) -> Costs:
    return replace(costs, terminal=0.0, plugins=0.0)


def test_a_horizon_of_one_day_costs_what_its_schedule_says(example: Path) -> None:
    try:
        problem = read_problem(json.loads(example.read_text()))
    except ProblemError:
        return
    schedule = solve(problem)

    assert astuple(whole(problem, schedule)) == pytest.approx(
        astuple(without_horizon(schedule.costs)), rel=1e-9, abs=1e-6
    )


@pytest.mark.parametrize(
    "devices",
    [
        [battery(wear_price="0.03 EUR/kWh", soc_targets=[{"datetime": at(2), "value": "9 kWh"}])],
        [process("SHIFTABLE"), battery(group="yard"), group("yard", consumption_capacity="1 kW")],
        [battery(commodity="heat", soc_usage=["1 kW"], soc_at_start="2 kWh", wear_price="0.01 EUR/kWh")],
    ],
    ids=["wear and a target out of reach", "a process and a group", "heat"],
)
def test_all_that_is_paid_for_is_paid_for_on_its_day(devices: list[dict[str, Any]]) -> None:
    given = site([0.3, 0.1, 0.3, 0.3], *devices, relax_constraints=True, **PAID_FOR_EVERYTHING)
    given["flex_context"]["commodities"] = [HEAT]
    problem = read_problem(given)
    schedule = solve(problem)
    assert min(schedule.costs.peaks, schedule.costs.breaches, schedule.costs.commitments) > 0
    assert schedule.costs.emissions > 0

    assert astuple(whole(problem, schedule)) == pytest.approx(astuple(without_horizon(schedule.costs)))


def test_of_a_longer_horizon_the_steps_of_the_day_count_alone() -> None:
    given = site([0.3, 0.3, 0.3, 0.3], battery(power_capacity="0 kW"), **PAID_FOR_EVERYTHING)
    problem = read_problem(given)
    schedule = solve(problem)

    costs = day_costs(first_steps(problem, 2), flows(problem, schedule, 2))["electricity"]

    # loads of 5 and 1 kW; the 7 kW of the look-ahead are of no concern
    assert costs.energy == pytest.approx(0.3 * 6)
    assert costs.peaks == pytest.approx(5.0)
    assert costs.breaches == pytest.approx(
        2 * 1 + 2 * 1
    )  # 1 kW above 4, once as the highest and once for an hour
    assert costs.commitments == pytest.approx(0.02 * 4)
    assert costs.emissions == pytest.approx(0.1 * 0.4 * 6)
