"""What a solved problem gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.scheduling.costs import Breach, Costs, CostTerm
from flex_pipeline.scheduling.emissions import EmissionsKg
from flex_pipeline.timeseries.grid import Grid

Array = NDArray[np.float64]
Status = Literal["optimal", "feasible", "infeasible"]


@dataclass(frozen=True)
class DeviceSchedule:
    """Power of each step (T,) in kW, consumption positive, and state of charge (T + 1,) in kWh of a stock."""

    power_kw: Array
    soc_kwh: Array | None


@dataclass(frozen=True)
class Certificate:
    """Proof by numbers: how far the schedule is from feasible, and the cost that none can undercut.

    `bound` is None where no bound is known; `gap` is what the schedule costs beyond it. Where CO2 has a weight, it is
    among these costs at w/(1 − w) per kg.
    """

    primal_violation: float  # kW, kWh or kg
    bound: float | None
    gap: float | None


@dataclass(frozen=True)
class ShadowPrice:
    """What one more unit of a limit is worth in each step (T,), in currency, ≥ 0."""

    component: str  # "site", or the name of a device, group or commodity
    family: str  # of constraints, such as site_import_limit
    per: str  # unit of the limit: "kW", "kWh" or "kg"
    values: Array


@dataclass(frozen=True)
class CommoditySchedule:
    """Net power of a connection other than electricity's (T,) in kW, and its marginal price (T,) per kWh."""

    power_kw: Array
    marginal_price: Array | None


@dataclass(frozen=True)
class Effort:
    """What it took."""

    build_seconds: float = 0.0
    solve_seconds: float = 0.0
    variables: int = 0
    binaries: int = 0


@dataclass(frozen=True)
class Schedule:
    """The best plan of one site, what it costs and why.

    `optimal`: within the gap asked for. `feasible`: the best that was found in time. `infeasible`: nothing
    keeps every hard constraint; `diagnosis` says which conflict, and the plan is the one that violates
    them least.
    """

    status: Status
    grid: Grid
    timezone: ZoneInfo
    devices: dict[str, DeviceSchedule]
    site_power_kw: Array
    costs: Costs
    cost_terms: tuple[CostTerm, ...]  # what the costs are made of
    breaches: tuple[Breach, ...]
    certificate: Certificate
    marginal_price: Array | None  # (T,) currency per kWh: what one more kWh of consumption costs
    diagnosis: str | None = None
    fallback_used: bool = False
    notices: tuple[str, ...] = ()
    effort: Effort = Effort()
    shadow_prices: tuple[ShadowPrice, ...] = ()
    groups: Mapping[str, Array] = field(default_factory=dict)  # net power (T,) in kW
    commodities: Mapping[str, CommoditySchedule] = field(default_factory=dict)  # other than electricity
    emissions_kg: EmissionsKg | None = None  # of CO2, where the flex-context says how much a kWh stands for

    def to_dict(self) -> dict[str, Any]:
        """The JSON that `flex-pipeline solve` prints; steps are the local times at which they start."""
        co2 = self.emissions_kg
        return {
            "status": self.status,
            "steps": [self.grid.local(t, self.timezone).isoformat() for t in range(self.grid.n)],
            "devices": [
                {
                    "name": name,
                    "power_kw": _rounded(device.power_kw),
                    "soc_kwh": _rounded(device.soc_kwh),
                    "emissions_kg": None if co2 is None else round(co2.devices[name], 9) + 0.0,
                }
                for name, device in self.devices.items()
            ],
            "site_power_kw": _rounded(self.site_power_kw),
            "costs": self.costs.to_dict(),
            "cost_terms": [
                {"component": term.component, "name": term.name, "cost": round(term.cost, 9) + 0.0}
                for term in self.cost_terms
            ],
            "emissions_kg": None if co2 is None else co2.to_dict(),
            "certificate": {
                "primal_violation": self.certificate.primal_violation,
                "bound": self.certificate.bound,
                "gap": self.certificate.gap,
            },
            "diagnosis": self.diagnosis,
            "fallback_used": self.fallback_used,
            "shadow_prices": [
                {"component": p.component, "limit": p.family, "per": p.per, "value": _rounded(p.values)}
                for p in self.shadow_prices
            ],
            "notices": list(self.notices),
            "groups": [{"name": name, "power_kw": _rounded(power)} for name, power in self.groups.items()],
            "commodities": [
                {
                    "name": name,
                    "power_kw": _rounded(connection.power_kw),
                    "marginal_price": _rounded(connection.marginal_price),
                }
                for name, connection in self.commodities.items()
            ],
        }


def _rounded(values: Array | None) -> list[float] | None:
    """Nine decimals: far below what a device can follow, and no "-0.0"."""
    return None if values is None else (np.round(values, 9) + 0.0).tolist()
