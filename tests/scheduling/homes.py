"""Random homes in numbers: as a problem file, as steps of the oracle, and as an auditor of schedules.

Nothing here uses the engine: a schedule is judged by its powers alone, with the mathematics of the examples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from flex_pipeline.scheduling import Schedule
from tests.scheduling.dynamic_programme import Step

Array = NDArray[np.float64]
Ask = tuple[str, int, float]  # field, steps after the start, kWh

MIDNIGHT = datetime.fromisoformat("2024-06-03T00:00+02:00")
# breaches, EUR/kWh and EUR/kW: low enough to be worth paying at times
MINIMA_PRICE, MAXIMA_PRICE, IMPORT_PRICE = 0.4, 0.3, 0.5


@dataclass(frozen=True)
class Battery:
    """A storage; its losses are stated per hour."""

    charge_kw: float
    discharge_kw: float
    start_kwh: float
    floor_kwh: float
    ceiling_kwh: float
    into: float = 1.0
    out: float = 1.0
    retention: float = 1.0
    usage_kw: float = 0.0
    gain_kw: float = 0.0
    asked: tuple[Ask, ...] = ()
    wear: tuple[float, ...] = ()  # EUR/kWh of each step
    name: str = "battery"

    def asks(self, field: str, n: int) -> Array:
        """What a field asks for at step ends, NaN where nothing."""
        values = np.full(n, np.nan)
        for name, step, kwh in self.asked:
            if name == field:
                values[step - 1] = kwh
        return values

    def halves(self) -> tuple[Battery, Battery]:
        """Two batteries of half the size."""
        half = {
            name: getattr(self, name) / 2
            for name in ("charge_kw", "discharge_kw", "start_kwh", "floor_kwh", "ceiling_kwh", "usage_kw")
        }
        asked = tuple((field, step, kwh / 2) for field, step, kwh in self.asked)
        one = replace(self, **half, gain_kw=self.gain_kw / 2, asked=asked)
        return replace(one, name="left"), replace(one, name="right")


@dataclass(frozen=True)
class Home:
    """A connection, prices, a load, and storages behind it; hard constraints unless `soft`."""

    minutes: int
    buy: tuple[float, ...]  # EUR/MWh
    sell: tuple[float, ...]
    load_kw: tuple[float, ...]
    connection_kw: float
    batteries: tuple[Battery, ...]
    soft: bool = False
    soft_import_kw: float | None = None
    peak_price: float = 0.0  # EUR/kW

    @property
    def n(self) -> int:
        return len(self.buy)

    @property
    def hours(self) -> float:
        return self.minutes / 60

    def mapping(self, *, start: datetime = MIDNIGHT, split: int = 1) -> dict[str, Any]:
        """The problem file, perhaps with each step split in shorter ones."""
        context: dict[str, Any] = {
            "consumption-price": self._series(start, self.buy, "EUR/MWh"),
            "production-price": self._series(start, self.sell, "EUR/MWh"),
            "inflexible-consumption": [self._series(start, self.load_kw, "kW")],
            "site-power-capacity": f"{self.connection_kw!r} kW",
            "relax-constraints": False,
        }
        if self.soft:
            context["soc-minima-breach-price"] = f"{MINIMA_PRICE} EUR/kWh"
            context["soc-maxima-breach-price"] = f"{MAXIMA_PRICE} EUR/kWh"
            context["site-consumption-breach-price"] = f"{IMPORT_PRICE} EUR/kW"
        if self.soft_import_kw is not None:
            context["site-consumption-capacity"] = f"{self.soft_import_kw} kW"
        if self.peak_price:
            context["site-peak-consumption-price"] = f"{self.peak_price!r} EUR/kW"
        return {
            "start": start.isoformat(),
            "end": (start + self.n * timedelta(minutes=self.minutes)).isoformat(),
            "resolution": f"PT{60 * self.minutes // split}S",
            "timezone": "Europe/Amsterdam",
            "flex_context": context,
            "devices": [self._device(battery, start) for battery in self.batteries],
        }

    def steps(self) -> list[Step]:
        """What the oracle plans: the one battery of the home."""
        (battery,) = self.batteries
        low = np.full(self.n, battery.floor_kwh)
        high = np.full(self.n, battery.ceiling_kwh)
        for field, step, kwh in battery.asked:
            if field != "soc-maxima":
                low[step - 1] = max(low[step - 1], kwh)
            if field != "soc-minima":
                high[step - 1] = min(high[step - 1], kwh)
        return [
            Step(
                hours=self.hours,
                consumption_price=self.buy[t] / 1000,
                production_price=self.sell[t] / 1000,
                fixed_kw=self.load_kw[t],
                import_limit_kw=self.connection_kw,
                export_limit_kw=self.connection_kw,
                charge_limit_kw=battery.charge_kw,
                discharge_limit_kw=battery.discharge_kw,
                charging_efficiency=battery.into,
                discharging_efficiency=battery.out,
                retention=battery.retention**self.hours,
                inflow_kw=battery.gain_kw - battery.usage_kw,
                low_kwh=float(low[t]),
                high_kwh=float(high[t]),
            )
            for t in range(self.n)
        ]

    def soc_kwh(self, battery: Battery, power_kw: Array) -> Array:
        """State of charge (T + 1,) that a power leads to."""
        a = battery.retention**self.hours
        b = 1.0 if a == 1 else (a - 1) / math.log(a)
        soc = [battery.start_kwh]
        for power in power_kw.tolist():
            flow = power * battery.into if power > 0 else power / battery.out
            soc.append(a * soc[-1] + b * self.hours * (flow + battery.gain_kw - battery.usage_kw))
        return np.array(soc)

    def violation(self, schedule: Schedule) -> float:
        """By how much a schedule breaks a hard constraint at most, kW or kWh."""
        net = self.net_kw(schedule)
        excesses = [np.abs(net) - self.connection_kw, np.abs(net - schedule.site_power_kw)]
        for battery in self.batteries:
            device = schedule.devices[battery.name]
            assert device.soc_kwh is not None
            soc = self.soc_kwh(battery, device.power_kw)
            excesses += [device.power_kw - battery.charge_kw, -device.power_kw - battery.discharge_kw]
            excesses += [
                np.abs(soc - device.soc_kwh),
                battery.floor_kwh - soc[1:],
                soc[1:] - battery.ceiling_kwh,
            ]
            excesses += [] if self.soft else [excess for excess, _ in self._missed(battery, soc[1:])]
        return max(float(np.nanmax(excess, initial=0.0)) for excess in excesses)

    def cost(self, schedule: Schedule) -> float:
        """What a schedule costs, EUR."""
        net = self.net_kw(schedule)
        money = self.hours * np.where(net > 0, self.buy, self.sell) * net / 1000
        cost = float(money.sum()) + self.peak_price * max(0.0, float(net.max()))
        if self.soft_import_kw is not None:
            cost += self._breach(net - min(self.soft_import_kw, self.connection_kw), IMPORT_PRICE)
        for battery in self.batteries:
            power = schedule.devices[battery.name].power_kw
            if battery.wear:
                cost += float(self.hours * np.array(battery.wear) @ np.abs(power))
            for excess, price in self._missed(battery, self.soc_kwh(battery, power)[1:]):
                cost += self._breach(np.nan_to_num(excess), price)
        return cost

    def net_kw(self, schedule: Schedule) -> Array:
        """Net power of the connection."""
        powers = [schedule.devices[battery.name].power_kw for battery in self.batteries]
        return np.asarray(np.array(self.load_kw) + np.sum(powers, axis=0), dtype=np.float64)

    def _missed(self, battery: Battery, soc: Array) -> list[tuple[Array, float]]:
        """By how much each statement is missed at step ends, and the price of a breach."""
        minima, maxima, targets = (
            battery.asks(field, self.n) for field in ("soc-minima", "soc-maxima", "soc-targets")
        )
        return [
            (minima - soc, MINIMA_PRICE),
            (soc - maxima, MAXIMA_PRICE),
            (targets - soc, MINIMA_PRICE),
            (soc - targets, MAXIMA_PRICE),
        ]

    def _breach(self, excess: Array, price: float) -> float:
        over = np.maximum(excess, 0.0)
        return price * float(over.max() + self.hours * over.sum())

    def _device(self, battery: Battery, start: datetime) -> dict[str, Any]:
        model: dict[str, Any] = {
            "soc-at-start": f"{battery.start_kwh!r} kWh",
            "soc-min": f"{battery.floor_kwh!r} kWh",
            "soc-max": f"{battery.ceiling_kwh!r} kWh",
            "power-capacity": f"{max(battery.charge_kw, battery.discharge_kw)!r} kW",
            "consumption-capacity": f"{battery.charge_kw!r} kW",
            "production-capacity": f"{battery.discharge_kw!r} kW",
            "charging-efficiency": battery.into,
            "discharging-efficiency": battery.out,
            "storage-efficiency": battery.retention,
            "soc-usage": [f"{battery.usage_kw!r} kW"],
            "soc-gain": [f"{battery.gain_kw!r} kW"],
        }
        for field, step, kwh in battery.asked:
            at = (start + step * timedelta(minutes=self.minutes)).isoformat()
            model.setdefault(field, []).append({"value": f"{kwh!r} kWh", "datetime": at})
        if battery.wear:
            model["wear-price"] = self._series(start, battery.wear, "EUR/kWh")
        return {"name": battery.name, "sensor_resolution": "PT1H", "flex_model": model}

    def _series(self, start: datetime, values: tuple[float, ...], unit: str) -> dict[str, Any]:
        resolution = f"PT{self.minutes}M"
        series = {"start": start.isoformat(), "resolution": resolution, "unit": unit, "values": list(values)}
        return {"series": series}


def one_of(*values: float) -> st.SearchStrategy[float]:
    return st.sampled_from(values)


@st.composite
def batteries(
    draw: st.DrawFn, n: int, kind: str = "lossy", name: str = "battery", asked: bool = True
) -> Battery:
    """`lossless`, `lossy`, or one that only `charges`: an electric vehicle, or heat with a COP."""
    floor, ceiling = draw(one_of(0.0, 1.0)), draw(one_of(4.0, 7.5, 10.0))
    lossless, charges = kind == "lossless", kind == "charges"
    statements = st.dictionaries(
        st.tuples(st.sampled_from(["soc-minima", "soc-maxima", "soc-targets"]), st.integers(2, n)),
        st.integers(int(2 * floor), int(2 * ceiling)).map(lambda half: half / 2),
        max_size=2,
    )
    return Battery(
        charge_kw=draw(one_of(1.5, 3.0, 5.0)),
        discharge_kw=0.0 if charges else draw(one_of(0.0, 2.0, 5.0)),
        start_kwh=draw(one_of(1.0, 2.5, 4.0)),
        floor_kwh=floor,
        ceiling_kwh=ceiling,
        into=draw(one_of(0.9, 3.0)) if charges else 1.0 if lossless else draw(one_of(1.0, 0.9, 0.7)),
        out=1.0 if lossless or charges else draw(one_of(0.95, 0.8)),
        retention=draw(one_of(1.0, 0.98, 0.9)),
        usage_kw=draw(one_of(0.0, 0.0, 0.3)),
        gain_kw=draw(one_of(0.0, 0.0, 0.2)),
        asked=tuple((*at, kwh) for at, kwh in draw(statements).items()) if asked else (),
        name=name,
    )


@st.composite
def homes(
    draw: st.DrawFn,
    kind: str | None = None,
    *,
    convex: bool = False,
    count: int = 1,
    asked: bool = True,
    longest: int = 24,
) -> Home:
    """`convex` homes never gain by burning energy or by selling dearer than they buy."""
    n = draw(st.integers(4, longest))
    kinds = [kind or draw(st.sampled_from(["lossless", "lossy", "charges"])) for _ in range(count)]
    least = 0 if convex and "lossy" in kinds else -100
    buy = draw(st.lists(st.integers(least, 400), min_size=n, max_size=n))
    margin = draw(st.lists(st.integers(0 if convex else -50, 100), min_size=n, max_size=n))
    names = ["battery"] if count == 1 else [f"battery {i}" for i in range(count)]
    return Home(
        minutes=draw(st.sampled_from([15, 30, 60])),
        buy=tuple(map(float, buy)),
        sell=tuple(float(max(price - m, least)) for price, m in zip(buy, margin, strict=True)),
        load_kw=tuple(draw(st.lists(one_of(-4.0, -1.0, 0.0, 0.5, 2.5), min_size=n, max_size=n))),
        connection_kw=draw(one_of(3.0, 4.5, 9.0, 50.0)),
        batteries=tuple(draw(batteries(n, k, name, asked)) for k, name in zip(kinds, names, strict=True)),
    )


@st.composite
def soft_homes(draw: st.DrawFn, count: int = 1) -> Home:
    """Homes whose statements, import capacity and peak have a price that is worth paying at times."""
    return replace(
        draw(homes(count=count)),
        soft=True,
        soft_import_kw=draw(st.none() | one_of(1.0, 3.0)),
        peak_price=draw(one_of(0.0, 0.2)),
    )
