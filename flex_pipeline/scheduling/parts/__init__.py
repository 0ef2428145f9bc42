"""What the model of a problem consists of, in numbers and without Pyomo."""

from __future__ import annotations

from flex_pipeline.scheduling.parts.part import Link, Part, Shape, Stretches
from flex_pipeline.scheduling.parts.process import precedence_parts, process_part
from flex_pipeline.scheduling.parts.site import site_part
from flex_pipeline.scheduling.parts.stock import stock_part
from flex_pipeline.scheduling.parts.storage import storage_part
from flex_pipeline.scheduling.problem import Problem

__all__ = ["Link", "Part", "Shape", "Stretches", "parts_of"]


def parts_of(problem: Problem, *, elastic: bool = False, directed: bool = False) -> tuple[Part, ...]:
    """The parts of a problem whose fixed processes belong to the site already.

    They come in an order of their own, so that the order of the devices changes nothing. `directed`: directions may
    be forced by binaries.
    """
    found = [site_part(problem, elastic=elastic)]
    found += [storage_part(problem, s, elastic=elastic, directed=directed) for s in problem.storages]
    found += [stock_part(problem, stock, elastic=elastic) for stock in problem.stocks]
    found += [process_part(problem, process) for process in problem.processes]
    found += precedence_parts(problem)
    found += [addition.part(problem, elastic=elastic) for addition in problem.additions]
    return tuple(sorted(found, key=lambda part: (part.kind, part.name)))
