"""Money against CO2: the cheapest plans for budgets of CO2, from least money to least CO2.

No plan of the table breaches a soft limit by more than the cheapest one does: what is given up for CO2 is money, not
comfort.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.placing import place
from flex_pipeline.scheduling.problem import Group, Meter, Problem, Site, SoftLimit, Stock
from flex_pipeline.scheduling.schedule import Schedule
from flex_pipeline.scheduling.solving import TIME_LIMIT_S, solve

Array = NDArray[np.float64]

ROUNDING = 1e-9  # money or kg by which rounding may exceed an optimum
GAP_KG = 1e-7


@dataclass(frozen=True)
class ParetoPoint:
    """The cheapest schedule within a budget of CO2."""

    budget_kg: float
    schedule: Schedule

    @property
    def money(self) -> float:
        """What it costs."""
        return self.schedule.costs.total

    @property
    def kg(self) -> float:
        """What it emits."""
        emitted = self.schedule.emissions_kg
        assert emitted is not None
        return emitted.total

    @property
    def marginal_price(self) -> float | None:
        """What one kg less would cost, currency per kg; at a kink between what one less costs and one more saves."""
        if self.schedule.status == "infeasible":
            return None
        found = (price for price in self.schedule.shadow_prices if price.family == "emissions_budget")
        return float(sum(price.values.sum() for price in found))

    def to_dict(self) -> dict[str, Any]:
        """A row of the table."""
        certificate = self.schedule.certificate
        return {
            "money": round(self.money, 9),
            "emissions_kg": round(self.kg, 9),
            "marginal_price": self.marginal_price,
            "status": self.schedule.status,
            "bound": certificate.bound,
            "gap": certificate.gap,
        }


@dataclass(frozen=True)
class ParetoTable:
    """Points from least money to least CO2; none where no plan keeps the hard limits.

    The first is the plan that emits least among the cheapest, the last the cheapest among those that emit least:
    `least_kg` is proved for all plans.
    """

    currency: str
    cheapest: Schedule
    points: tuple[ParetoPoint, ...] = ()
    least_kg: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON that `flex-pipeline solve --pareto` prints."""
        return {
            "currency": self.currency,
            "least_emissions_kg": self.least_kg,
            "points": [point.to_dict() for point in self.points],
            "diagnosis": self.cheapest.diagnosis,
        }


def pareto(problem: Problem, points: int = 5, *, time_limit_s: float = TIME_LIMIT_S) -> ParetoTable:
    """That many points, two at least, at equal steps of CO2; each solved to its own certificate, in as much time each.

    ValueError where nothing is said of the CO2 of a kWh, or for fewer points.
    """
    if all(site.intensity is None for site in problem.connections):
        raise ValueError("needs consumption-emissions: the CO2 of a kWh")
    if points < 2:
        raise ValueError(f"a table has two points at least, not {points}")
    aim = replace(problem.emissions, weight=0.0)
    most_kg = np.inf if aim.budget_kg is None else aim.budget_kg
    problem = replace(problem, emissions=replace(aim, budget_kg=most_kg))
    cheapest = solve(problem, time_limit_s=time_limit_s)
    if cheapest.status == "infeasible":
        return ParetoTable(problem.currency, cheapest)
    problem = _no_worse(problem, cheapest)
    assert cheapest.emissions_kg is not None
    highest, _ = _least_kg(problem, cheapest.costs.total, time_limit_s, cheapest.emissions_kg.total)
    lowest, bound = _least_kg(problem, np.inf, time_limit_s, highest)
    found = []
    for kg in np.linspace(highest, lowest, points).tolist():
        budget = min(kg + ROUNDING * max(1.0, abs(kg)), most_kg)
        bounded = replace(problem, emissions=replace(problem.emissions, budget_kg=budget))
        found.append(ParetoPoint(kg, solve(bounded, time_limit_s=time_limit_s)))
    return ParetoTable(problem.currency, cheapest, tuple(found), bound)


def _least_kg(
    problem: Problem, most_money: float, time_limit_s: float, known: float
) -> tuple[float, float | None]:
    """The least CO2 of all plans that cost no more, at most what is known to do; and what none undercuts."""
    from flex_pipeline.scheduling.search import Search

    most = most_money + ROUNDING * max(1.0, abs(most_money))
    search = Search(
        place(problem.by_name()).rest,
        GAP_KG,
        perf_counter() + time_limit_s,
        objective="emissions",
        most_money=most,
    )
    found = search.cheapest()
    least = known if found is None else min(known, float(found.plan.emitted_kg.sum()))
    return least, search.bound if np.isfinite(search.bound) else None


def _no_worse(problem: Problem, schedule: Schedule) -> Problem:
    """The problem with soft limits that no plan breaches by more than a schedule does."""
    soc: dict[int, Array] = {}
    storages = []
    for storage in problem.storages:
        device = schedule.devices[storage.name]
        charge, discharge = np.maximum(device.power_kw, 0.0), np.maximum(-device.power_kw, 0.0)
        storages.append(
            replace(
                storage,
                charge_limit_kw=_bounded(storage.charge_limit_kw, storage.charge_soft, charge),
                discharge_limit_kw=_bounded(storage.discharge_limit_kw, storage.discharge_soft, discharge),
            )
        )
        if storage.stock is not None and device.soc_kwh is not None:
            soc[storage.stock] = device.soc_kwh[1:]
    return replace(
        problem,
        storages=tuple(storages),
        stocks=tuple(_stock_no_worse(stock, soc[k]) for k, stock in enumerate(problem.stocks)),
        site=_site_no_worse(problem.site, schedule.site_power_kw),
        others=tuple(_site_no_worse(s, schedule.commodities[s.commodity].power_kw) for s in problem.others),
        groups=tuple(_group_no_worse(group, schedule.groups) for group in problem.groups),
    )


def _site_no_worse(site: Site, net_kw: Array) -> Site:
    import_kw, export_kw = _limits(site, net_kw)
    return replace(site, import_limit_kw=import_kw, export_limit_kw=export_kw)


def _group_no_worse(group: Group, net_kw: Mapping[str, Array]) -> Group:
    if group.name not in net_kw:  # what a promise is about has no limits
        return group
    import_kw, export_kw = _limits(group, net_kw[group.name])
    return replace(group, import_limit_kw=import_kw, export_limit_kw=export_kw)


def _limits(meter: Meter, net_kw: Array) -> tuple[Array, Array]:
    return (
        _bounded(meter.import_limit_kw, meter.import_soft, net_kw),
        _bounded(meter.export_limit_kw, meter.export_soft, -net_kw),
    )


def _stock_no_worse(stock: Stock, soc_kwh: Array) -> Stock:
    floor, ceiling = stock.floor_kwh, stock.ceiling_kwh
    for asked in (stock.minima, stock.targets):
        if asked is not None and asked.price is not None:
            floor = np.fmax(floor, np.minimum(asked.kwh, soc_kwh) - ROUNDING)
    for asked in (stock.maxima, stock.targets):
        if asked is not None and asked.price is not None:
            ceiling = np.fmin(ceiling, np.maximum(asked.kwh, soc_kwh) + ROUNDING)
    return replace(stock, floor_kwh=floor, ceiling_kwh=ceiling)


def _bounded(limit: Array, soft: SoftLimit | None, values: Array) -> Array:
    """A hard limit no further beyond the soft one than these values are; NaN asks for nothing."""
    if soft is None:
        return limit
    return np.asarray(np.fmin(limit, np.maximum(soft.limit, values) + ROUNDING))
