"""How much CO2 a plan stands for: from its powers alone, without the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flex_pipeline.scheduling.costs import emitted_kg
from flex_pipeline.scheduling.plan import Plan
from flex_pipeline.scheduling.problem import added_up


@dataclass(frozen=True)
class EmissionsKg:
    """kg of CO2 of a schedule.

    `devices`, `inflexible`: what each would stand for if it were alone at its connection. `netting`: what they are
    spared, or denied, by being behind one: so that all add up to `total`.
    """

    total: float
    devices: Mapping[str, float]
    inflexible: float

    @property
    def netting(self) -> float:
        """The total less all parts."""
        return self.total - self.inflexible - sum(self.devices.values())

    def to_dict(self) -> dict[str, float]:
        """The total and its parts but for those of devices."""
        names = ("total", "inflexible", "netting")
        return {name: round(getattr(self, name), 9) + 0.0 for name in names}


def emissions_of(plan: Plan) -> EmissionsKg | None:
    """What a plan emits; None where nothing is said of CO2."""
    problem = plan.problem
    sites = [site for site in problem.connections if site.intensity is not None]
    if not sites:
        return None
    power_kw = {**problem.fixed, **plan.power_kw}
    devices, inflexible = dict.fromkeys(problem.names, 0.0), 0.0
    for site in sites:
        members = problem.members(site)
        for name in members:
            devices[name] = float(emitted_kg(problem, site, power_kw[name]).sum())
        rest_kw = site.fixed_kw - added_up(problem.fixed, members, problem.grid.n)
        inflexible += float(emitted_kg(problem, site, rest_kw).sum())
    return EmissionsKg(float(plan.emitted_kg.sum()), devices, inflexible)
