"""A scheduling problem in numbers: arrays on one grid, in kW, kWh and currency per kWh or kW.

T steps. Consumption is positive. State of charge is an instant: entry t is at the end of step t.
`inf` bounds nothing; NaN states nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.fields import Fault
from flex_pipeline.portfolio.flex_context import ELECTRICITY
from flex_pipeline.scheduling.addition import Addition
from flex_pipeline.scheduling.process import Process
from flex_pipeline.timeseries.grid import Grid

Array = NDArray[np.float64]


class ProblemError(ValueError):
    """Input that is no problem: all of its faults at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class SoftLimit:
    """A bound that may be breached: `price` is charged on the highest breach and per hour on each breach.

    A change of price begins a new stretch of time with a highest breach of its own.
    """

    limit: Array  # (T,) kW or kWh
    price: Array  # (T,) currency per kW or kWh


@dataclass(frozen=True)
class Commitment:
    """A promised net power: `up_price` per kWh above it, `down_price` times what is (negatively) below."""

    name: str
    baseline_kw: Array
    up_price: Array
    down_price: Array


@dataclass(frozen=True)
class Intensity:
    """CO2 of energy at a connection, (T,) kg per kWh."""

    consumption: Array  # of what comes in
    production: Array  # credited for what goes out


@dataclass(frozen=True)
class EmissionsAim:
    """What CO2 costs, what it counts beyond that, and how much of it there may be."""

    price: Array | None = None  # (T,) currency per kg
    weight: float = 0.0  # currency that a kg counts as in what is minimised, but does not cost
    budget_kg: float | None = None  # of the whole horizon
    daily_budget_kg: float | None = None  # of each local day

    @property
    def has_budget(self) -> bool:
        """Whether how much is emitted is bounded."""
        return self.budget_kg is not None or self.daily_budget_kg is not None


@dataclass(frozen=True)
class Site:
    """Everything behind one connection that is not a device; there is one connection per commodity."""

    consumption_price: Array
    production_price: Array
    fixed_kw: Array  # inflexible consumption less inflexible production
    import_limit_kw: Array
    export_limit_kw: Array
    import_soft: SoftLimit | None = None
    export_soft: SoftLimit | None = None
    import_peak: SoftLimit | None = None  # its price is charged on the highest breach only
    export_peak: SoftLimit | None = None
    commitments: tuple[Commitment, ...] = ()
    commodity: str = ELECTRICITY
    intensity: Intensity | None = None


@dataclass(frozen=True)
class Group:
    """Devices whose power adds up at a place with limits or promises of its own, such as a feeder or an inverter.

    Those of a group inside it are members too; what the group draws counts at the connection as ever.
    """

    name: str
    members: frozenset[str]  # names of devices
    fixed_kw: Array  # power of members that is not to be decided
    import_limit_kw: Array
    export_limit_kw: Array
    import_soft: SoftLimit | None = None
    export_soft: SoftLimit | None = None
    commitments: tuple[Commitment, ...] = ()


Meter = Site | Group  # where power adds up


@dataclass(frozen=True)
class Coupling:
    """A converter: powers of devices in fixed proportion, such as those of a heat pump.

    power of a device = coefficient × a level that is free in each step; consumption has a positive coefficient.
    """

    name: str
    coefficients: Mapping[str, Array]  # by name of a device, (T,)


@dataclass(frozen=True)
class Priority:
    """Devices that are served alike, and at equal cost before those of a lower rank."""

    rank: int
    members: frozenset[str]


@dataclass(frozen=True)
class SocStatement:
    """What is asked of the state of charge at step ends (T,), NaN where nothing; hard without a price."""

    kwh: Array
    price: Array | None = None  # of a shortage for minima, of an excess for maxima
    excess_price: Array | None = None  # targets only


@dataclass(frozen=True)
class Stock:
    """What holds energy; one or more storages feed it."""

    name: str
    start_kwh: float
    floor_kwh: Array
    ceiling_kwh: Array
    retention: Array  # part of the stock that is left after a step
    external_kwh: Array  # gain less usage, with the loss within the step
    minima: SocStatement | None = None
    maxima: SocStatement | None = None
    targets: SocStatement | None = None
    prefer_charging_sooner: bool = True
    prefer_curtailing_later: bool = True
    end_value: float = 0.0  # currency per kWh that is still in store after the last step

    @property
    def fills_sooner(self) -> bool:
        """Whether a fuller store is preferred at equal cost; one without an upper bound is never full."""
        return self.prefer_charging_sooner and bool(np.isfinite(self.ceiling_kwh).all())


@dataclass(frozen=True)
class Storage:
    """A device that charges, discharges, or both; curtailable generation is one without a stock."""

    name: str
    charge_limit_kw: Array
    discharge_limit_kw: Array
    charge_gain: Array  # kWh in stock per kW of charging over a step
    discharge_loss: Array  # kWh out of stock per kW of discharging over a step
    wear_price: Array
    stock: int | None = None  # index in Problem.stocks
    charge_soft: SoftLimit | None = None
    discharge_soft: SoftLimit | None = None
    modes_kw: tuple[tuple[float, float], ...] = ()  # bands of power; one of them holds in each step
    prefer_curtailing_later: bool = True
    charge_minimum_kw: Array | None = None  # (T,): charges with this much or not at all

    def towards_kw(self, missing_kwh: float, t: int, most_kw: float) -> float:
        """The power that fills what its stock lacks, as near as limits and operation modes allow."""
        gain, loss, wanted = self.charge_gain[t], self.discharge_loss[t], 0.0
        if missing_kwh > 0 and gain > 0:
            wanted = min(most_kw, missing_kwh / gain)
        elif missing_kwh < 0 and loss > 0:
            wanted = -min(self.discharge_limit_kw[t], -missing_kwh / loss)
        return self._possible_kw(wanted, t)

    def _possible_kw(self, power_kw: float, t: int) -> float:
        """The power nearest to a wanted one that an operation mode allows; 0 where that would charge too weakly."""
        least, most = -float(self.discharge_limit_kw[t]), float(self.charge_limit_kw[t])
        bands = [
            (max(low, least), min(high, most)) for low, high in self.modes_kw if low <= most and high >= least
        ]
        allowed = [min(max(power_kw, low), high) for low, high in bands]
        nearest = min(allowed, key=lambda p: (abs(p - power_kw), p), default=power_kw)
        weakest = 0.0 if self.charge_minimum_kw is None else float(self.charge_minimum_kw[t])
        return 0.0 if 0 < nearest < weakest else nearest


@dataclass(frozen=True)
class Problem:
    """One site over one horizon."""

    grid: Grid
    timezone: ZoneInfo
    currency: str
    site: Site
    storages: tuple[Storage, ...]
    stocks: tuple[Stock, ...]
    processes: tuple[Process, ...]
    names: tuple[str, ...]  # of all devices, in the order given
    notices: tuple[str, ...] = ()
    additions: tuple[Addition, ...] = ()  # of plugins
    others: tuple[Site, ...] = ()  # connections of commodities other than electricity
    commodity: Mapping[str, str] = field(default_factory=dict)  # of devices that are not on electricity
    groups: tuple[Group, ...] = ()
    couplings: tuple[Coupling, ...] = ()
    priorities: tuple[Priority, ...] = ()  # the highest rank first
    fixed: Mapping[str, Array] = field(default_factory=dict)  # power (T,) of devices that leave no choice
    emissions: EmissionsAim = EmissionsAim()

    def by_name(self) -> Problem:
        """The same with devices in an order of their own: so the order in which they are given changes nothing."""
        order = sorted(range(len(self.stocks)), key=lambda k: self.stocks[k].name)
        place = {old: new for new, old in enumerate(order)}
        storages = (s if s.stock is None else replace(s, stock=place[s.stock]) for s in self.storages)
        return replace(
            self,
            storages=tuple(sorted(storages, key=attrgetter("name"))),
            stocks=tuple(self.stocks[k] for k in order),
            processes=tuple(sorted(self.processes, key=attrgetter("name"))),
            additions=tuple(sorted(self.additions, key=attrgetter("device"))),
            others=tuple(sorted(self.others, key=attrgetter("commodity"))),
            groups=tuple(sorted(self.groups, key=attrgetter("name"))),
        )

    @property
    def steps_are_independent(self) -> bool:
        """Whether all that is paid depends on the net power of the site, and in each step on that of the step alone."""
        site = self.site
        across = (site.import_soft, site.export_soft, site.import_peak, site.export_peak)
        return not (any(across) or self.groups or self.others or self.emissions.has_budget)

    @property
    def connections(self) -> tuple[Site, ...]:
        """Electricity's, then those of other commodities."""
        return (self.site, *self.others)

    @property
    def meters(self) -> tuple[Meter, ...]:
        """Connections and groups."""
        return (*self.connections, *self.groups)

    def prices(self, connection: Site) -> tuple[Array, Array]:
        """What a kWh counts that comes in there, and one that goes out, (T,): its price, and that of its CO2."""
        aim, intensity = self.emissions, connection.intensity
        if intensity is None or (aim.price is None and not aim.weight):
            return connection.consumption_price, connection.production_price
        per_kg = aim.weight + (0.0 if aim.price is None else aim.price)
        return (
            connection.consumption_price + per_kg * intensity.consumption,
            connection.production_price + per_kg * intensity.production,
        )

    def at(self, connection: Site) -> Problem:
        """The same, seen from the connection of another commodity."""
        return replace(self, site=connection)

    def members(self, meter: Meter) -> frozenset[str]:
        """Names of the devices whose power counts there."""
        if isinstance(meter, Group):
            return meter.members
        return frozenset(
            name for name in self.names if self.commodity.get(name, ELECTRICITY) == meter.commodity
        )

    def range_kw(self, meter: Meter) -> tuple[Array, Array]:
        """The lowest and highest power there that the devices allow, each (T,)."""
        low, high, members = meter.fixed_kw.copy(), meter.fixed_kw.copy(), self.members(meter)
        for storage in (s for s in self.storages if s.name in members):
            low -= storage.discharge_limit_kw
            high += storage.charge_limit_kw
        for process in (p for p in self.processes if p.name in members):
            high += process.power_kw
        for power in (addition.power for addition in self.additions if addition.device in members):
            if power is not None:
                low += power.low_kw
                high += power.high_kw
        return low, high

    @property
    def days(self) -> tuple[int, ...]:
        """The first step of each local day."""
        dates = [self.grid.local(t, self.timezone).date() for t in range(self.grid.n)]
        return tuple(t for t, date in enumerate(dates) if t == 0 or date != dates[t - 1])

    def with_fixed(self, power_kw: Mapping[str, Array]) -> Problem:
        """The same with devices whose power is known as fixed load, wherever it counts."""
        if not power_kw:
            return self

        def load(meter: Meter) -> Array:
            return meter.fixed_kw + added_up(power_kw, self.members(meter), self.grid.n)

        return replace(
            self,
            site=replace(self.site, fixed_kw=load(self.site)),
            others=tuple(replace(site, fixed_kw=load(site)) for site in self.others),
            groups=tuple(replace(group, fixed_kw=load(group)) for group in self.groups),
            fixed={**self.fixed, **power_kw},
        )


def added_up(power_kw: Mapping[str, Array], members: Collection[str], n: int) -> Array:
    """The power of those that are members, (T,)."""
    return sum((power for name, power in power_kw.items() if name in members), np.zeros(n))


def stretches(price: Array) -> tuple[int, ...]:
    """First step of each stretch of equal price."""
    return (0, *(int(t) + 1 for t in np.flatnonzero(price[1:] != price[:-1])))
