"""Sites with six processes and three storages: how long their joint plan takes, and how far it is proved to be best."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.scheduling.days import Day, Kind

STORAGES = 3  # a battery, a car and a heat buffer
CONNECTION_KW = 8.0  # less than the car alone can draw: every device is in the way of every other
WITHIN_S, GAP_SHARE = (
    10.0,
    0.01,
)  # asked for: time of a core, and the certified gap as a part of the day's cost
BUSY_S = 0.5


@dataclass(frozen=True)
class Joint:
    """What came of one day."""

    seconds: float  # by the clock, less what others took before it began
    cpu_seconds: float
    cost: float
    turnover: float  # currency that is paid, and that is earned, in the steps of the day and as a peak
    gap: float  # currency
    status: str
    binaries: int

    @property
    def gap_share(self) -> float:
        """Of the day's cost, which is what is paid less what is earned."""
        return self.gap / abs(self.cost)

    @property
    def gap_of_turnover(self) -> float:
        """Of what is paid and earned, which has a size on days whose cost has none."""
        return self.gap / self.turnover


def plan_jointly(seed: int, kind: Kind, steps: int = 96) -> Joint:
    """Solve one day with the time of a core that is given by default: on a busy machine, more by the clock."""
    from flex_pipeline.scheduling import read_problem, solve
    from flex_pipeline.scheduling.solving import TIME_LIMIT_S

    problem = read_problem(joint_day(seed, kind, steps))
    stretched = _seconds_by_the_clock()
    began, cpu_before = perf_counter(), process_time()
    schedule = solve(problem, time_limit_s=TIME_LIMIT_S * stretched)
    spent = (perf_counter() - began) / stretched, process_time() - cpu_before
    gap = schedule.certificate.gap
    assert gap is not None, schedule.diagnosis
    net, site = schedule.site_power_kw, problem.site
    price = np.where(net >= 0, site.consumption_price, site.production_price)
    turnover = problem.grid.hours * float(np.abs(price * net).sum()) + schedule.costs.peaks
    return Joint(*spent, schedule.costs.total, turnover, gap, schedule.status, schedule.effort.binaries)


def _seconds_by_the_clock() -> float:
    """How long a second of a core takes: as long as others leave it."""
    began, cpu_before = perf_counter(), process_time()
    while process_time() - cpu_before < BUSY_S:
        pass
    return max((perf_counter() - began) / BUSY_S, 1.0)


def joint_day(seed: int, kind: Kind, steps: int = 96) -> dict[str, Any]:
    """A household behind a small connection, with one process of each kind, as a problem file."""
    mapping = Day(steps, STORAGES, kind, seed).mapping()
    mapping["flex_context"]["site-power-capacity"] = f"{CONNECTION_KW} kW"
    devices = [
        {"name": name, "type": "process", "flex_model": model}
        for name, model in _processes(np.random.default_rng(seed)).items()
    ]
    return mapping | {"devices": [*mapping["devices"], *devices]}


def _processes(random: np.random.Generator) -> dict[str, dict[str, Any]]:
    def power() -> str:
        return f"{random.uniform(2, 4):.2f} kW"

    profile = [("2.2 kW", "PT30M"), ("0.3 kW", "PT1H"), ("1.8 kW", "PT30M")]
    return {
        "oven": {"process-type": "SHIFTABLE", "power": power(), "duration": "PT2H"},
        "dishwasher": {
            "process-type": "SHIFTABLE",
            "load-profile": [{"power": kw, "duration": lasts} for kw, lasts in profile],
        },
        "pump": {
            "process-type": "SHIFTABLE",
            "power": power(),
            "duration": "PT1H",
            "runs": 2,
            "minimum-pause": "PT2H",
        },
        "pool": {"process-type": "BREAKABLE", "power": power(), "duration": "PT2H"},
        "dust-press": {
            "process-type": "BREAKABLE",
            "power": power(),
            "duration": "PT3H",
            "minimum-block-duration": "PT1H",
            "maximum-blocks": 2,
            "minimum-pause": "PT30M",
        },
        "dryer": {
            "process-type": "SHIFTABLE",
            "power": power(),
            "duration": "PT90M",
            "after": ["dishwasher"],
        },
    }
