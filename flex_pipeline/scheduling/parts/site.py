"""A connection as a part of the model: its shape and its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flex_pipeline.portfolio.flex_context import ELECTRICITY
from flex_pipeline.scheduling.parts.metering import (
    MeterShape,
    PricedFlow,
    bounds,
    commitment_flows,
    priced_flows,
)
from flex_pipeline.scheduling.parts.part import Part, Stretches, key, within
from flex_pipeline.scheduling.parts.soft import breach_parameters, peak_parameters, soft_stretches
from flex_pipeline.scheduling.problem import Problem, Site

ENERGY = "net_energy"


@dataclass(frozen=True, kw_only=True)
class SiteShape(MeterShape):
    """What is paid for at the connection."""

    declared_by: ClassVar[str] = "flex_pipeline.scheduling.model.site:declare_site"
    peak_consumption: Stretches | None = None
    peak_production: Stretches | None = None


def site_part(problem: Problem, site: Site, *, elastic: bool) -> Part:
    """Where the power of all devices of a commodity adds up."""
    energy = PricedFlow(ENERGY, 0 * site.fixed_kw, site.consumption_price, site.production_price)
    flows = [energy, *commitment_flows(site.commitments)]
    priced, parameters = priced_flows(problem, site, flows, elastic=elastic)
    parameters |= bounds(site)
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
    )
    return Part("site", site_name(site), shape, parameters)


def site_name(site: Site) -> str:
    """Electricity's connection is that of the site."""
    return "site" if site.commodity == ELECTRICITY else site.commodity


def site_key(site: Site) -> str:
    """The key of its part."""
    return key("site", site_name(site))
