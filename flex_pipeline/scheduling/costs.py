"""What a schedule costs: from its numbers alone, without the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.flex_context import ELECTRICITY
from flex_pipeline.scheduling.problem import (
    Commitment,
    Group,
    Meter,
    Problem,
    Site,
    SoftLimit,
    Stock,
    Storage,
    stretches,
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Costs:
    """Money, by component; negative is revenue."""

    energy: float
    breaches: float
    peaks: float
    commitments: float
    wear: float
    terminal: float = 0.0  # less the value of what is in stock at the end
    plugins: float = 0.0
    emissions: float = 0.0  # at the price of CO2

    @classmethod
    def of(cls, terms: Iterable[CostTerm]) -> Costs:
        """The sums of terms, by component."""
        found = dict.fromkeys((field.name for field in fields(cls)), 0.0)
        for term in terms:
            found[term.component] += term.cost
        return cls(**found)

    @property
    def total(self) -> float:
        """The sum: what the schedule was chosen to minimise."""
        return float(sum(getattr(self, field.name) for field in fields(self)))

    def to_dict(self) -> dict[str, float]:
        """The components and their total."""
        names = [*(field.name for field in fields(self)), "total"]
        return {name: round(getattr(self, name), 9) for name in names}


@dataclass(frozen=True)
class CostTerm:
    """One thing that is paid for."""

    component: str  # of Costs
    name: str  # such as "net energy", the name of a commitment, or "device: wear"
    cost: float


@dataclass(frozen=True)
class Breach:
    """One soft statement that was not kept."""

    name: str  # of the site's field, or "device: field"
    highest: float  # kW or kWh
    steps: tuple[int, ...]  # for SoC statements, the step that ends at the instant
    cost: float


def energy_cost(problem: Problem, net_kw: Array) -> float:
    """Σ h·(consumption price·n⁺ − production price·n⁻)."""
    site = problem.site
    cost = site.consumption_price * np.maximum(net_kw, 0) + site.production_price * np.minimum(net_kw, 0)
    return float(problem.grid.hours * cost.sum())


def marginal_price(problem: Problem, net_kw: Array) -> Array:
    """What one more kWh of consumption costs in each step (T,), where steps are independent: currency per kWh."""
    site = problem.site
    price = np.where(net_kw >= 0, *problem.prices(site))
    for commitment in site.commitments:
        price = price + np.where(net_kw >= commitment.baseline_kw, commitment.up_price, commitment.down_price)
    return price


def emitted_kg(problem: Problem, site: Site, net_kw: Array) -> Array:
    """CO2 of the net power of a connection in each step, (T,): h·(k·n⁺ − q·n⁻)."""
    if site.intensity is None:
        return np.zeros(problem.grid.n)
    way = np.where(net_kw >= 0, site.intensity.consumption, site.intensity.production)
    return np.asarray(problem.grid.hours * way * net_kw)


def commitment_cost(problem: Problem, net_kw: Array) -> float:
    """Σ h·(up price·deviation⁺ + down price·deviation⁻) over all commitments of the site."""
    return sum((_deviation(problem, c, net_kw) for c in problem.site.commitments), 0.0)


def connection_terms(problem: Problem, net_kw: Array) -> Iterator[CostTerm]:
    """What is paid for the net power (T,) of a connection, apart from breaches."""
    site = problem.site
    if site.consumption_price.any() or site.production_price.any():
        yield CostTerm("energy", _named(site, "net energy"), energy_cost(problem, net_kw))
    for name, limit, flow in (
        ("site-peak-consumption", site.import_peak, net_kw),
        ("site-peak-production", site.export_peak, -net_kw),
    ):
        if limit is not None:
            yield CostTerm("peaks", _named(site, name), _highest_cost(limit, flow))
    for c in site.commitments:
        yield CostTerm("commitments", _named(site, c.name), _deviation(problem, c, net_kw))
    if site.intensity is not None and (price := problem.emissions.price) is not None:
        yield CostTerm("emissions", _named(site, "CO2"), float(price @ emitted_kg(problem, site, net_kw)))


def group_terms(problem: Problem, group: Group, net_kw: Array) -> Iterator[CostTerm]:
    """What is paid for the net power (T,) of a group, apart from breaches."""
    for c in group.commitments:
        yield CostTerm("commitments", c.name, _deviation(problem, c, net_kw))


def wear_terms(problem: Problem, charge_kw: list[Array], discharge_kw: list[Array]) -> Iterator[CostTerm]:
    """Σ h·wear price·throughput of each device that has such a price."""
    for s, c, d in zip(problem.storages, charge_kw, discharge_kw, strict=True):
        if s.wear_price.any():
            yield CostTerm("wear", f"{s.name}: wear", problem.grid.hours * float(s.wear_price @ (c + d)))


def terminal_terms(problem: Problem, soc_kwh: list[Array]) -> Iterator[CostTerm]:
    """−value at the end·s[T] of each stock that has one; `soc_kwh` holds (T + 1,) per stock."""
    for stock, soc in zip(problem.stocks, soc_kwh, strict=True):
        if stock.end_value:
            yield CostTerm(
                "terminal", f"{stock.name}: in store at the end", -stock.end_value * float(soc[-1])
            )


def meter_breaches(meter: Meter, net_kw: Array, hours: float) -> Iterator[Breach]:
    """The soft capacities of a connection or a group that are not kept."""
    for way, soft, flow in (
        ("consumption", meter.import_soft, net_kw),
        ("production", meter.export_soft, -net_kw),
    ):
        name = (
            f"{meter.name}: {way}-capacity"
            if isinstance(meter, Group)
            else _named(meter, f"site-{way}-capacity")
        )
        if (breach := _breach(name, soft, flow, hours)) is not None:
            yield breach


def device_breaches(
    problem: Problem, charge_kw: list[Array], discharge_kw: list[Array], soc_kwh: list[Array]
) -> Iterator[Breach]:
    """The soft statements of devices that are not kept; `soc_kwh` holds (T + 1,) per stock."""
    hours = problem.grid.hours
    found = []
    for storage, charge, discharge in zip(problem.storages, charge_kw, discharge_kw, strict=True):
        found.append(_breach(f"{storage.name}: consumption-capacity", storage.charge_soft, charge, hours))
        found.append(
            _breach(f"{storage.name}: production-capacity", storage.discharge_soft, discharge, hours)
        )
    for stock, soc in zip(problem.stocks, soc_kwh, strict=True):
        found += [
            _breach(f"{stock.name}: {name}", soft, x, hours) for name, soft, x in _soc_limits(stock, soc[1:])
        ]
    yield from (breach for breach in found if breach is not None)


def stock_path(stock: Stock, feeders: list[tuple[Storage, Array, Array]]) -> Array:
    """State of charge at the T + 1 instants that charging and discharging lead to."""
    moved = stock.external_kwh + sum(
        (
            storage.charge_gain * charge - storage.discharge_loss * discharge
            for storage, charge, discharge in feeders
        ),
        np.zeros_like(stock.external_kwh),
    )
    soc = [stock.start_kwh]
    for kept, added in zip(stock.retention.tolist(), moved.tolist(), strict=True):
        soc.append(kept * soc[-1] + added)
    return np.array(soc)


def _named(site: Site, name: str) -> str:
    return name if site.commodity == ELECTRICITY else f"{site.commodity}: {name}"


def _deviation(problem: Problem, commitment: Commitment, net_kw: Array) -> float:
    beyond = net_kw - commitment.baseline_kw
    paid = commitment.up_price @ np.maximum(beyond, 0) + commitment.down_price @ np.minimum(beyond, 0)
    return problem.grid.hours * float(paid)


def _soc_limits(stock: Stock, soc: Array) -> list[tuple[str, SoftLimit, Array]]:
    limits: list[tuple[str, SoftLimit, Array]] = []
    for name, asked, sign in (("soc-minima", stock.minima, -1), ("soc-maxima", stock.maxima, 1)):
        if asked is not None and asked.price is not None:
            limits.append((name, SoftLimit(sign * asked.kwh, asked.price), sign * soc))
    targets = stock.targets
    if targets is not None and targets.price is not None and targets.excess_price is not None:
        limits.append(("soc-targets (short)", SoftLimit(-targets.kwh, targets.price), -soc))
        limits.append(("soc-targets (over)", SoftLimit(targets.kwh, targets.excess_price), soc))
    return limits


def _breach(name: str, soft: SoftLimit | None, values: Array, hours: float) -> Breach | None:
    if soft is None:
        return None
    excess = _excess(soft, values)
    steps = np.flatnonzero(excess > 1e-8)
    if not steps.size:
        return None
    cost = _highest_cost(soft, values) + hours * float(soft.price @ excess)
    return Breach(name, float(excess.max()), tuple(int(t) for t in steps), cost)


def _highest_cost(soft: SoftLimit | None, values: Array) -> float:
    """Σ price·highest excess, over stretches of equal price."""
    if soft is None:
        return 0.0
    first = list(stretches(soft.price))
    return float(np.maximum.reduceat(_excess(soft, values), first) @ soft.price[first])


def _excess(soft: SoftLimit, values: Array) -> Array:
    return np.nan_to_num(np.maximum(values - soft.limit, 0.0), nan=0.0)
