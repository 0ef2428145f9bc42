"""What the first day of a horizon costs: its own steps, and none of the look-ahead behind it.

What is charged on a highest value, of a peak or of a breach, is charged on the highest of the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.flex_context import ELECTRICITY
from flex_pipeline.scheduling.costs import (
    Breach,
    Costs,
    CostTerm,
    connection_terms,
    device_breaches,
    group_terms,
    meter_breaches,
    wear_terms,
)
from flex_pipeline.scheduling.problem import Group, Problem, added_up
from flex_pipeline.timeseries.grid import Grid

Array = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True)
class Flows:
    """What flows in the n steps of a day, (n,) each: powers in kW, consumption positive."""

    net_kw: Mapping[str, Array]  # of the connections of some commodities
    power_kw: Mapping[str, Array]  # of all devices, by name
    soc_kwh: Mapping[str, Array]  # at the end of each step, by the name of the stock


def day_costs(day: Problem, flows: Flows) -> dict[str, Costs]:
    """The costs of a day by commodity, of those whose net power is given.

    What is in store at the end, and what plugins add, belongs to a horizon and to no day of it: both are 0.
    """
    return {commodity: Costs.of(_terms(day, commodity, flows)) for commodity in flows.net_kw}


def first_steps(problem: Problem, n: int) -> Problem:
    """The first n steps of a problem, with all that their costs are told from."""
    return replace(
        problem,
        grid=Grid(problem.grid.start_utc, problem.grid.resolution, n),
        site=_cut(problem.site, n),
        others=_cut(problem.others, n),
        groups=_cut(problem.groups, n),
        storages=_cut(problem.storages, n),
        stocks=_cut(problem.stocks, n),
        emissions=_cut(problem.emissions, n),
        processes=(),  # what they draw is told by their powers
        additions=(),
    )


def _cut(part: T, n: int) -> T:
    """The same with the first n entries of every array (T,) in it."""
    cut: Any = part
    if isinstance(part, np.ndarray):
        cut = part[:n]
    elif isinstance(part, tuple):
        cut = tuple(_cut(item, n) for item in part)
    elif is_dataclass(part) and not isinstance(part, type):
        cut = replace(part, **{field.name: _cut(getattr(part, field.name), n) for field in fields(part)})
    whole: T = cut
    return whole


def _terms(day: Problem, commodity: str, flows: Flows) -> Iterator[CostTerm]:
    hours = day.grid.hours
    (site,) = (site for site in day.connections if site.commodity == commodity)
    net_kw = flows.net_kw[commodity]
    yield from connection_terms(day.at(site), net_kw)
    yield from _breach_terms(meter_breaches(site, net_kw, hours))
    for group in (group for group in day.groups if _commodity_of(day, group) == commodity):
        power_kw = added_up(flows.power_kw, group.members, day.grid.n)
        yield from group_terms(day, group, power_kw)
        yield from _breach_terms(meter_breaches(group, power_kw, hours))
    yield from _device_terms(_devices_on(day, commodity), flows)


def _commodity_of(day: Problem, group: Group) -> str:
    """What the devices of a group are on; electricity where it has none."""
    return next((day.commodity.get(name, ELECTRICITY) for name in sorted(group.members)), ELECTRICITY)


def _devices_on(day: Problem, commodity: str) -> Problem:
    """The same with the storages and stocks of one commodity alone."""

    def has(name: str) -> bool:
        return day.commodity.get(name, ELECTRICITY) == commodity

    return replace(
        day,
        storages=tuple(storage for storage in day.storages if has(storage.name)),
        stocks=tuple(stock for stock in day.stocks if has(stock.name)),
    )


def _device_terms(day: Problem, flows: Flows) -> Iterator[CostTerm]:
    powers = [flows.power_kw[storage.name] for storage in day.storages]
    charge_kw, discharge_kw = ([np.maximum(sign * kw, 0.0) for kw in powers] for sign in (1, -1))
    # the stock before the first step is that of the day before: nothing of the day is said of it
    soc_kwh = [np.concatenate([[np.nan], flows.soc_kwh[stock.name]]) for stock in day.stocks]
    yield from wear_terms(day, charge_kw, discharge_kw)
    yield from _breach_terms(device_breaches(day, charge_kw, discharge_kw, soc_kwh))


def _breach_terms(breaches: Iterator[Breach]) -> Iterator[CostTerm]:
    yield from (CostTerm("breaches", breach.name, breach.cost) for breach in breaches)
