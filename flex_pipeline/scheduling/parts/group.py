"""A group of devices as a part of the model: its shape and its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flex_pipeline.scheduling.parts.metering import MeterShape, bounds, commitment_flows, priced_flows
from flex_pipeline.scheduling.parts.part import Part, within
from flex_pipeline.scheduling.parts.soft import breach_parameters, soft_stretches
from flex_pipeline.scheduling.problem import Group, Problem


@dataclass(frozen=True, kw_only=True)
class GroupShape(MeterShape):
    """What is limited or paid for where the power of the members adds up."""

    declared_by: ClassVar[str] = "flex_pipeline.scheduling.model.group:declare_group"


def group_part(problem: Problem, group: Group, *, elastic: bool) -> Part:
    """Where the power of its members adds up; they are linked to it and to the connection."""
    priced, parameters = priced_flows(problem, group, commitment_flows(group.commitments), elastic=elastic)
    parameters |= bounds(group)
    soft = {"group_consumption_capacity": group.import_soft, "group_production_capacity": group.export_soft}
    for name, limit in soft.items():
        if limit is not None:
            parameters |= within(name, breach_parameters(limit))
    shape = GroupShape(
        steps=problem.grid.n,
        hours=problem.grid.hours,
        elastic=elastic,
        priced=priced,
        consumption_capacity=soft_stretches(group.import_soft),
        production_capacity=soft_stretches(group.export_soft),
    )
    return Part("group", group.name, shape, parameters)
