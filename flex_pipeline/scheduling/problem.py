"""A scheduling problem in numbers: arrays on one grid, in kW, kWh and currency per kWh or kW.

T steps. Consumption is positive. State of charge is an instant: entry t is at the end of step t.
`inf` bounds nothing; NaN states nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import attrgetter
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.fields import Fault
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
class Site:
    """Everything behind one connection that is not a device."""

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

    @property
    def steps_are_independent(self) -> bool:
        """Whether no price depends on the power of several steps."""
        return not any((self.import_soft, self.export_soft, self.import_peak, self.export_peak))


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

    def possible_kw(self, power_kw: float, t: int) -> float:
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
        )

    def net_range_kw(self) -> tuple[Array, Array]:
        """The lowest and highest net power of the site that its devices allow, each (T,)."""
        low, high = self.site.fixed_kw.copy(), self.site.fixed_kw.copy()
        for storage in self.storages:
            low -= storage.discharge_limit_kw
            high += storage.charge_limit_kw
        for process in self.processes:
            high += process.power_kw
        for power in (addition.power for addition in self.additions):
            if power is not None:
                low += power.low_kw
                high += power.high_kw
        return low, high


def runs(values: Array) -> NDArray[np.intp]:
    """The number of the stretch of equal values that each step belongs to."""
    return np.concatenate([[0], np.cumsum(values[1:] != values[:-1])])
