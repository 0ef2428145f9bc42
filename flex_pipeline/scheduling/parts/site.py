"""A connection as a part of the model: its shape and its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flex_pipeline.portfolio.flex_context import ELECTRICITY
from flex_pipeline.scheduling.parts.emissions import emissions_links
from flex_pipeline.scheduling.parts.metering import (
    MeterShape,
    PricedFlow,
    TwoPrices,
    bounds,
    commitment_flows,
    priced_flows,
)
from flex_pipeline.scheduling.parts.part import Part, Stretches, key, within
from flex_pipeline.scheduling.parts.soft import breach_parameters, peak_parameters, soft_stretches
from flex_pipeline.scheduling.problem import Problem, Site

ENERGY, EMITTED = "net_energy", "emissions"


@dataclass(frozen=True, kw_only=True)
class SiteShape(MeterShape):
    """What is paid for at the connection."""

    declared_by: ClassVar[str] = "flex_pipeline.scheduling.model.site:declare_site"
    peak_consumption: Stretches | None = None
    peak_production: Stretches | None = None
    emitted: TwoPrices | None = None  # kg of CO2, where a budget bounds them

    @property
    def flows(self) -> tuple[TwoPrices, ...]:
        """What is paid for, and what is emitted."""
        return self.priced if self.emitted is None else (*self.priced, self.emitted)


def site_part(problem: Problem, site: Site, *, elastic: bool) -> Part:
    """Where the power of all devices of a commodity adds up."""
    energy = PricedFlow(ENERGY, 0 * site.fixed_kw, *problem.prices(site))
    flows = [energy, *commitment_flows(site.commitments)]
    priced, parameters = priced_flows(problem, site, flows, elastic=elastic)
    parameters |= bounds(site)
    emitted: tuple[TwoPrices, ...] = ()
    if (intensity := site.intensity) is not None and problem.emissions.has_budget:
        co2 = PricedFlow(EMITTED, 0 * site.fixed_kw, intensity.consumption, intensity.production)
        emitted, numbers = priced_flows(problem, site, [co2], elastic=elastic)
        parameters |= numbers
    soft = {
        "site_consumption_capacity": site.import_soft,
        "site_production_capacity": site.export_soft,
        "site_peak_consumption": site.import_peak,
        "site_peak_production": site.export_peak,
    }
    for name, limit in soft.items():
        if limit is not None:
            peak = name.startswith("site_peak")
            parameters |= within(name, peak_parameters(limit) if peak else breach_parameters(limit))
    shape = SiteShape(
        steps=problem.grid.n,
        hours=problem.grid.hours,
        elastic=elastic,
        priced=priced,
        consumption_capacity=soft_stretches(site.import_soft),
        production_capacity=soft_stretches(site.export_soft),
        peak_consumption=soft_stretches(site.import_peak),
        peak_production=soft_stretches(site.export_peak),
        emitted=next(iter(emitted), None),
    )
    links = tuple(emissions_links(problem, site, site_key(site)))
    return Part("site", site_name(site), shape, parameters, links)


def site_name(site: Site) -> str:
    """Electricity's connection is that of the site."""
    return "site" if site.commodity == ELECTRICITY else site.commodity


def site_key(site: Site) -> str:
    """The key of its part."""
    return key("site", site_name(site))
