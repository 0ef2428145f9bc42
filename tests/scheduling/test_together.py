"""Together costs no more than one after the other, and that no more than each for itself, with the same limits.

Each for itself has an equal share of what the load leaves of the connection; one after the other, each is planned anew
around what the others do, whose plans stand; together all are decided at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.scheduling.plans import solved
from tests.scheduling.sites import battery, process, series, site

LOAD_KW, CONNECTION_KW, HOURS = 1.0, 7.0, 8
EXACT = 5e-6


@pytest.mark.parametrize("seed", range(12))
def test_together_is_no_dearer_than_in_turn_and_in_turn_no_dearer_than_each_alone(seed: int) -> None:
    random = np.random.default_rng(seed)
    prices = random.choice([0.1, 0.2, 0.3, 0.45, -0.05], HOURS).tolist()
    sale = "-0.1 EUR/kWh" if min(prices) < 0 else "0.05 EUR/kWh"
    devices = {
        "one": battery("one", roundtrip_efficiency="90%", soc_at_start="3 kWh"),
        "other": battery("other", power_capacity="3 kW", soc_at_start="1 kWh"),
        "washer": process("SHIFTABLE", "2 kW", hours=2) | {"name": "washer"},
    }
    share_kw = (CONNECTION_KW - LOAD_KW) / len(devices)

    def plan(*names: str, capacity_kw: float, fixed_kw: NDArray[np.float64]) -> Any:
        return solved(
            site(
                prices,
                *(devices[name] for name in names),
                production_price=sale,
                site_power_capacity=f"{capacity_kw} kW",
                inflexible_consumption=[series(fixed_kw.tolist(), "kW")],
            )
        )

    nothing, load = np.zeros(HOURS), np.full(HOURS, LOAD_KW)
    alone = {
        name: plan(name, capacity_kw=share_kw, fixed_kw=nothing).devices[name].power_kw for name in devices
    }
    costs = [cost(prices, float(sale.split()[0]), sum(alone.values(), load))]
    for name in devices:
        others = sum((power for other, power in alone.items() if other != name), load)
        schedule = plan(name, capacity_kw=CONNECTION_KW, fixed_kw=others)
        alone[name] = schedule.devices[name].power_kw
        costs.append(schedule.costs.total)
    costs.append(plan(*devices, capacity_kw=CONNECTION_KW, fixed_kw=load).costs.total)

    assert (np.diff(costs) <= EXACT).all(), costs


def cost(prices: list[float], sale: float, net_kw: NDArray[np.float64]) -> float:
    """Of net power in hourly steps."""
    return float(np.array(prices) @ np.maximum(net_kw, 0) + sale * np.minimum(net_kw, 0).sum())
