"""The connection as a part of the model: its shape and its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from flex_pipeline.scheduling.parts.part import Array, Part, Shape, Stretches, stretches, within
from flex_pipeline.scheduling.parts.storage import breach_parameters, peak_parameters
from flex_pipeline.scheduling.problem import Problem, Site, SoftLimit

ENERGY = "net_energy"


@dataclass(frozen=True)
class TwoPrices:
    """Which prices a flow has somewhere: more above zero than below (`convex`), or less (`concave`)."""

    name: str
    convex: bool
    concave: bool


@dataclass(frozen=True, kw_only=True)
class SiteShape(Shape):
    """What is paid for at the connection."""

    declared_by: ClassVar[str] = "flex_pipeline.scheduling.model.site:declare_site"
    priced: tuple[TwoPrices, ...]
    consumption_capacity: Stretches | None = None  # where soft
    production_capacity: Stretches | None = None
    peak_consumption: Stretches | None = None
    peak_production: Stretches | None = None


def site_part(problem: Problem, *, elastic: bool) -> Part:
    """Where the power of all devices adds up."""
    site = problem.site
    low, high = problem.net_range_kw()
    if not elastic:
        low, high = np.maximum(low, -site.export_limit_kw), np.minimum(high, site.import_limit_kw)
    priced = {
        name: _priced(low - baseline, high - baseline, up, down, baseline)
        for name, baseline, up, down in _prices(site)
    }
    soft = {
        "site_consumption_capacity": site.import_soft,
        "site_production_capacity": site.export_soft,
        "site_peak_consumption": site.import_peak,
        "site_peak_production": site.export_peak,
    }
    found = [None if limit is None else stretches(limit.price) for limit in soft.values()]
    shape = SiteShape(
        steps=problem.grid.n,
        hours=problem.grid.hours,
        elastic=elastic,
        priced=tuple(
            TwoPrices(name, bool(given["kink"].any()), bool(given["rebate"].any()))
            for name, given in priced.items()
        ),
        consumption_capacity=found[0],
        production_capacity=found[1],
        peak_consumption=found[2],
        peak_production=found[3],
    )
    return Part("site", "site", shape, _parameters(site, shape, priced, soft))


def _parameters(
    site: Site,
    shape: SiteShape,
    priced: dict[str, dict[str, Array]],
    soft: dict[str, SoftLimit | None],
) -> dict[str, Array]:
    given = {"fixed": site.fixed_kw, "import_kw": site.import_limit_kw, "export_kw": site.export_limit_kw}
    needed = {"convex": ("kink", "baseline"), "concave": ("rebate", "baseline", "low", "high")}
    for flow in shape.priced:
        names = {"slope", "at_zero"}
        names.update(*(needed[kind] for kind in needed if getattr(flow, kind)))
        given |= within(flow.name, {name: priced[flow.name][name] for name in names})
    for name, limit in soft.items():
        if limit is not None:
            peak = name.startswith("site_peak")
            given |= within(name, peak_parameters(limit) if peak else breach_parameters(limit))
    return given


def _prices(site: Site) -> list[tuple[str, Array, Array, Array]]:
    zero = np.zeros_like(site.fixed_kw)
    return [(ENERGY, zero, site.consumption_price, site.production_price)] + [
        (f"commitment_{i}", c.baseline_kw, c.up_price, c.down_price) for i, c in enumerate(site.commitments)
    ]


def _priced(low: Array, high: Array, up: Array, down: Array, baseline: Array) -> dict[str, Array]:
    """A price above and one below the baseline as a slope, and what is added on one of the two sides."""
    reaches_both = (low < 0) & (high > 0)
    kink = np.where(reaches_both, np.maximum(up - down, 0), 0.0)
    rebate = np.where(reaches_both, np.maximum(down - up, 0), 0.0)
    slope = np.where(reaches_both, np.minimum(up, down), np.where(high > 0, up, down))
    slope = np.where(rebate > 0, up, slope)
    return {
        "slope": slope,
        "kink": kink,
        "rebate": rebate,
        "baseline": baseline,
        "low": np.minimum(low, 0.0),
        "high": np.maximum(high, 0.0),
        "at_zero": -slope * baseline,
    }
