"""What the model of a problem consists of, in numbers and without Pyomo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flex_pipeline.scheduling.parts.coupling import coupled, coupling_part
from flex_pipeline.scheduling.parts.emissions import emissions_part
from flex_pipeline.scheduling.parts.group import group_part
from flex_pipeline.scheduling.parts.part import SITE, Link, Part, Shape, Stretches, key
from flex_pipeline.scheduling.parts.process import precedence_parts, process_part
from flex_pipeline.scheduling.parts.sharing import sharing_links, sharing_part
from flex_pipeline.scheduling.parts.site import site_key, site_part
from flex_pipeline.scheduling.parts.stock import stock_part
from flex_pipeline.scheduling.parts.storage import storage_part
from flex_pipeline.scheduling.problem import Meter, Problem, Site

__all__ = ["Link", "Part", "Shape", "Stretches", "parts_of"]


def parts_of(problem: Problem, *, elastic: bool = False, directed: bool = False) -> tuple[Part, ...]:
    """The parts of a problem whose fixed processes belong to the site already.

    They come in an order of their own, so that the order of the devices changes nothing. `directed`: directions may
    be forced by binaries.
    """
    found = [storage_part(problem, s, elastic=elastic, directed=directed) for s in problem.storages]
    found += [process_part(problem, process) for process in problem.processes]
    found += precedence_parts(problem)
    found += [addition.part(problem, elastic=elastic) for addition in problem.additions]
    found = [replace(part, links=tuple(_metered(problem, part))) for part in found]
    found += [stock_part(problem, stock, elastic=elastic) for stock in problem.stocks]
    if problem.priorities:
        found = [replace(p, links=(*p.links, *sharing_links(problem, p.key))) for p in found]
        found += [sharing_part(problem, priority) for priority in problem.priorities]
    found += [site_part(problem, site, elastic=elastic) for site in problem.connections]
    found += [group_part(problem, group, elastic=elastic) for group in problem.groups]
    found += [coupling_part(problem, coupling) for coupling in problem.couplings]
    if problem.emissions.has_budget:
        found.append(emissions_part(problem, elastic=elastic))
    return tuple(sorted(found, key=lambda part: (part.kind, part.name)))


def _metered(problem: Problem, part: Part) -> Iterator[Link]:
    """Links of a device, with those of its power to every place where that counts."""
    for link in part.links:
        if link.target != SITE:
            yield link
            continue
        for meter in problem.meters:
            if part.name in problem.members(meter):
                yield replace(link, target=_key(meter))
        for coupling in problem.couplings:
            if part.name in coupling.coefficients:
                number = coupled(coupling).index(part.name)
                yield replace(link, target=key("coupling", coupling.name), node=f"power_{number}")


def _key(meter: Meter) -> str:
    """The key of its part."""
    return site_key(meter) if isinstance(meter, Site) else key("group", meter.name)
