"""From a problem to its schedule."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.flex_context import ELECTRICITY
from flex_pipeline.scheduling.costs import marginal_price
from flex_pipeline.scheduling.emissions import emissions_of
from flex_pipeline.scheduling.parts.site import site_key
from flex_pipeline.scheduling.placing import Placement, place
from flex_pipeline.scheduling.plan import Plan
from flex_pipeline.scheduling.problem import Problem
from flex_pipeline.scheduling.schedule import (
    Certificate,
    CommoditySchedule,
    DeviceSchedule,
    Effort,
    Schedule,
    ShadowPrice,
    Status,
)

if TYPE_CHECKING:
    from flex_pipeline.scheduling.search import Search

Array = NDArray[np.float64]

TIME_LIMIT_S = 8.0  # of the search; what is left to do then takes a second: so it is done within ten
FEASIBLE = 1e-6  # kW or kWh by which rounding may violate a constraint
TOO_FAR_APART = "its numbers are of very different size, such as a price of 1e9 beside one of 0.1"


def solve(problem: Problem, *, mip_gap_money: float = 1e-6, time_limit_s: float = TIME_LIMIT_S) -> Schedule:
    """The cheapest schedule; among equally cheap ones that which charges sooner and curtails later.

    Processes run as soon as they can at that cost, as far as the time allows.
    `mip_gap_money` is how much a plan may cost beyond its bound before integers are searched, in currency.
    A problem without a solution gives its least-violating plan and a diagnosis, never an exception.
    """
    placement = place(problem.by_name())
    rest = placement.rest
    settled = Plan(rest, [], [], [])
    nothing_left = not rest.storages and not rest.processes and not rest.additions
    if nothing_left and rest.steps_are_independent and settled.violation <= FEASIBLE:
        prices = {ELECTRICITY: marginal_price(rest, settled.net_kw)}
        return to_schedule(
            problem, placement, settled, "optimal", bound=settled.objective, marginal_prices=prices
        )
    return _optimise(problem, placement, mip_gap_money, perf_counter() + time_limit_s)


def _optimise(problem: Problem, placement: Placement, gap: float, deadline: float) -> Schedule:
    # Pyomo and HiGHS take half a second to import: only where they are needed
    from flex_pipeline.scheduling.search import Search
    from flex_pipeline.scheduling.shadow_prices import shadow_prices

    search = Search(placement.rest, gap, deadline)
    found = search.cheapest()
    if found is None:
        return _infeasible(problem, placement, search)
    found = search.sooner(found)
    plan = next((plan for plan in (search.preferred(found), found.plan) if plan.violation <= FEASIBLE), None)
    if plan is None:
        text = f"no plan could be computed that is exact to {FEASIBLE:g} kW or kWh: {TOO_FAR_APART}"
        return to_schedule(problem, placement, found.plan, "infeasible", diagnosis=text, effort=search.effort)
    status: Status = "optimal" if plan.objective - search.bound <= search.tolerance else "feasible"
    return to_schedule(
        problem,
        placement,
        plan,
        status,
        bound=search.bound,
        marginal_prices={
            site.commodity: found.formulation.marginal_price(found.solution, site_key(site))
            for site in problem.connections
        },
        effort=search.effort,
        worth=shadow_prices(found.formulation, found.program, found.solution),
    )


def _infeasible(problem: Problem, placement: Placement, strict: Search) -> Schedule:
    from flex_pipeline.scheduling.diagnosis import diagnose
    from flex_pipeline.scheduling.fallback import fallback
    from flex_pipeline.scheduling.search import Search

    elastic = Search(placement.rest, strict.gap, strict.deadline, elastic=True)
    found = elastic.least_violating()
    if found is None:
        return to_schedule(
            problem,
            placement,
            fallback(placement.rest),
            "infeasible",
            diagnosis="no plan keeps the limits and operation modes of the devices themselves",
            fallback_used=True,
        )
    if found.plan.violation <= FEASIBLE:
        # the search ran out of time before it found any plan; this one keeps every constraint
        return to_schedule(problem, placement, found.plan, "feasible", effort=elastic.effort)
    return to_schedule(
        problem,
        placement,
        found.plan,
        "infeasible",
        diagnosis=str(diagnose(found)),
        effort=elastic.effort,
    )


def to_schedule(
    problem: Problem,
    placement: Placement,
    plan: Plan,
    status: Status,
    *,
    bound: float | None = None,
    marginal_prices: Mapping[str, Array] | None = None,
    diagnosis: str | None = None,
    fallback_used: bool = False,
    effort: Effort | None = None,
    worth: tuple[ShadowPrice, ...] = (),
) -> Schedule:
    """A plan of what was left to decide, together with what was settled before."""
    whole, prices = placement.whole(plan), marginal_prices or {}
    return Schedule(
        status,
        problem.grid,
        problem.timezone,
        _devices(problem.names, whole),
        whole.net_kw,
        whole.costs,
        whole.terms,
        whole.breaches,
        Certificate(whole.violation, bound, None if bound is None else whole.objective - bound),
        prices.get(ELECTRICITY),
        diagnosis,
        fallback_used,
        problem.notices,
        effort or Effort(),
        worth,
        {group.name: whole.at(group) for group in whole.problem.groups if not group.commitments},
        {
            site.commodity: CommoditySchedule(whole.at(site), prices.get(site.commodity))
            for site in whole.problem.others
        },
        emissions_of(whole),
    )


def _devices(names: tuple[str, ...], plan: Plan) -> dict[str, DeviceSchedule]:
    soc = plan.soc_kwh
    devices = {name: DeviceSchedule(power, None) for name, power in plan.problem.fixed.items()}
    for storage, charge, discharge in zip(
        plan.problem.storages, plan.charge_kw, plan.discharge_kw, strict=True
    ):
        path = None if storage.stock is None else soc[storage.stock]
        devices[storage.name] = DeviceSchedule(charge - discharge, path)
    for process, power in zip(plan.problem.processes, plan.process_kw, strict=True):
        devices[process.name] = DeviceSchedule(power, None)
    devices |= {a.device: DeviceSchedule(a.power_kw, None) for a in plan.added if a.power_kw is not None}
    return {name: devices[name] for name in names}
