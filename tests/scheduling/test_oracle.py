"""Random sites against a second formulation: dense matrices, a binary for every direction, SciPy's solver.

It shares no code with the engine: it reads the same numbers and follows the mathematics of the examples.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from flex_pipeline.scheduling import read_problem, solve

START = "2024-06-03T00:00+02:00"
H = 1.0  # hours per step


@dataclass
class Matrices:
    """A mixed-integer program, grown row by row."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    integer: list[int] = field(default_factory=list)
    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)

    def variables(
        self, n: int, upper: Any, cost: Any = 0.0, *, lower: Any = 0.0, integer: int = 0
    ) -> list[int]:
        first = len(self.lower)
        self.lower += np.broadcast_to(lower, n).tolist()
        self.upper += np.broadcast_to(upper, n).tolist()
        self.cost += np.broadcast_to(cost, n).tolist()
        self.integer += [integer] * n
        return list(range(first, first + n))

    def row(self, terms: dict[int, float], low: float, high: float) -> None:
        self.rows.append((terms, low, high))

    def optimum(self) -> float | None:
        matrix = np.zeros((len(self.rows), len(self.lower)))
        for i, (terms, _, _) in enumerate(self.rows):
            for j, coefficient in terms.items():
                matrix[i, j] += coefficient
        found = milp(
            np.array(self.cost),
            integrality=np.array(self.integer),
            bounds=Bounds(self.lower, self.upper),
            constraints=LinearConstraint(matrix, [r[1] for r in self.rows], [r[2] for r in self.rows]),
            options={"mip_rel_gap": 0.0},
        )
        return None if found.x is None else float(found.fun)


@dataclass
class Site:
    """Numbers of a random site with one storage and perhaps one process."""

    buy: list[float]
    sell: list[float]
    load: list[float]
    start: float
    size: float
    power: float
    into: float
    out: float
    retention: float
    usage: float
    connection: float
    soft_import: float | None
    peak_price: float
    minimum: float | None
    process: tuple[str, float, int] | None

    def mapping(self) -> dict[str, Any]:
        context: dict[str, Any] = {
            "consumption-price": self.series(self.buy, "EUR/kWh"),
            "production-price": self.series(self.sell, "EUR/kWh"),
            "inflexible-consumption": [self.series(self.load, "kW")],
            "site-power-capacity": f"{self.connection} kW",
            "site-peak-consumption": "2 kW",
            "site-peak-consumption-price": f"{self.peak_price} EUR/kW",
        }
        if self.soft_import is not None:
            context |= {"site-consumption-capacity": f"{self.soft_import} kW"}
            context |= {"site-consumption-breach-price": "0.7 EUR/kW"}
        model: dict[str, Any] = {
            "soc-at-start": f"{self.start} kWh",
            "soc-min": "0 kWh",
            "soc-max": f"{self.size} kWh",
            "power-capacity": f"{self.power} kW",
            "charging-efficiency": self.into,
            "discharging-efficiency": self.out,
            "storage-efficiency": self.retention,
            "soc-usage": [f"{self.usage} kW"],
        }
        if self.minimum is not None:
            model["soc-minima"] = [{"value": f"{self.minimum} kWh", "datetime": "2024-06-03T04:00+02:00"}]
        devices = [{"name": "battery", "flex_model": model}]
        if self.process is not None:
            kind, power, steps = self.process
            process = {"power": f"{power} kW", "duration": f"PT{steps}H", "process-type": kind}
            devices.append({"name": "process", "type": "process", "flex_model": process})
        return {
            "start": START,
            "end": f"2024-06-03T{len(self.buy):02}:00+02:00",
            "resolution": "PT1H",
            "timezone": "Europe/Amsterdam",
            "flex_context": context,
            "devices": devices,
        }

    @staticmethod
    def series(values: list[float], unit: str) -> dict[str, Any]:
        return {"series": {"start": START, "resolution": "PT1H", "unit": unit, "values": values}}

    def optimum(self) -> float | None:
        m, n = Matrices(), len(self.buy)
        high = max(self.load) + self.power + (self.process[1] if self.process else 0.0)
        charge = m.variables(n, self.power)
        discharge = m.variables(n, self.power)
        direction = m.variables(n, 1, integer=1)
        soc = m.variables(n, self.size)
        bought = m.variables(n, high, np.array(self.buy) * H)
        sold = m.variables(n, self.power, -np.array(self.sell) * H)
        imports = m.variables(n, 1, integer=1)
        (peak,) = m.variables(1, np.inf, self.peak_price)
        a = self.retention
        b = 1.0 if a == 1 else (a - 1) / np.log(a)
        running = self._process(m, n)
        for t in range(n):
            m.row({charge[t]: 1, direction[t]: -self.power}, -np.inf, 0)
            m.row({discharge[t]: 1, direction[t]: self.power}, -np.inf, self.power)
            m.row({bought[t]: 1, imports[t]: -high}, -np.inf, 0)
            m.row({sold[t]: 1, imports[t]: self.power}, -np.inf, self.power)
            net = {bought[t]: 1.0, sold[t]: -1.0, charge[t]: -1.0, discharge[t]: 1.0}
            m.row({**net, **{j: -c for j, c in running[t].items()}}, self.load[t], self.load[t])
            m.row({bought[t]: 1, sold[t]: -1}, -self.connection, self.connection)
            m.row({bought[t]: 1, peak: -1}, -np.inf, 2.0)
            moved = {soc[t]: 1.0, charge[t]: -b * H * self.into, discharge[t]: b * H / self.out}
            before = {soc[t - 1]: -a} if t else {}
            rest = -b * H * self.usage + (0.0 if t else a * self.start)
            m.row({**moved, **before}, rest, rest)
        if self.soft_import is not None:
            (highest,) = m.variables(1, np.inf, 0.7)
            breach = m.variables(n, np.inf, 0.7 * H)
            limit = min(self.soft_import, self.connection)
            for t in range(n):
                m.row({bought[t]: 1, breach[t]: -1}, -np.inf, limit)
                m.row({breach[t]: 1, highest: -1}, -np.inf, 0)
        if self.minimum is not None:
            (short,) = m.variables(1, np.inf, 1000 * (1 + H))
            m.row({soc[3]: 1, short: 1}, min(self.minimum, self.size), np.inf)
        return m.optimum()

    def _process(self, m: Matrices, n: int) -> list[dict[int, float]]:
        if self.process is None:
            return [{} for _ in range(n)]
        kind, power, steps = self.process
        if kind == "BREAKABLE":
            on = m.variables(n, 1, integer=1)
            m.row(dict.fromkeys(on, 1.0), steps, steps)
            return [{on[t]: power} for t in range(n)]
        begin = m.variables(n - steps + 1, 1, integer=1)
        m.row(dict.fromkeys(begin, 1.0), 1, 1)
        return [
            {begin[s]: power for s in range(max(0, t - steps + 1), min(t, n - steps) + 1)} for t in range(n)
        ]


def one_of(*values: float) -> st.SearchStrategy[float]:
    return st.sampled_from(values)


@st.composite
def sites(draw: st.DrawFn, processes: bool = False) -> Site:
    n = draw(st.integers(5, 9))
    prices = st.lists(st.integers(-20, 40).map(lambda x: x / 100), min_size=n, max_size=n)
    kind = draw(st.sampled_from(["SHIFTABLE", "BREAKABLE"]))
    return Site(
        buy=draw(prices),
        sell=draw(prices),
        load=draw(st.lists(one_of(0.0, 0.5, 1.0, 2.5, 4.0), min_size=n, max_size=n)),
        start=draw(one_of(0.0, 2.0, 5.0)),
        size=draw(one_of(5.0, 9.5)),
        power=draw(one_of(1.5, 3.0, 4.0)),
        into=draw(one_of(1.0, 0.9, 0.7)),
        out=draw(one_of(1.0, 0.95, 0.8)),
        retention=draw(one_of(1.0, 0.98, 0.9)),
        usage=draw(one_of(0.0, 0.3)),
        connection=draw(one_of(3.0, 6.0, 50.0)),
        soft_import=draw(st.none() | one_of(1.0, 3.0, 5.0)),
        peak_price=draw(one_of(0.0, 0.2)),
        minimum=draw(st.none() | one_of(3.0, 8.0)),
        process=(kind, draw(one_of(1.0, 2.0)), draw(st.integers(1, 3))) if processes else None,
    )


def compare(site: Site) -> None:
    schedule = solve(read_problem(site.mapping()))
    optimum = site.optimum()

    if optimum is None:
        assert schedule.status == "infeasible"
        assert schedule.diagnosis
        assert not schedule.fallback_used
        return
    assert schedule.status == "optimal"
    assert schedule.costs.total == pytest.approx(optimum, abs=2e-6)
    assert schedule.certificate.primal_violation <= 1e-6
    assert schedule.certificate.gap is not None
    assert -1e-6 <= schedule.certificate.gap <= 2e-6


SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@SLOW
@given(sites())
def test_a_battery_costs_as_little_as_in_the_second_formulation(site: Site) -> None:
    compare(site)


@SLOW
@given(sites(processes=True))
def test_a_battery_and_a_process_together_cost_as_little_as_in_the_second_formulation(site: Site) -> None:
    compare(site)
