"""Where power adds up and is paid for: what the connection and a group have in common."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from flex_pipeline.scheduling.parts.part import Array, Shape, Stretches, within
from flex_pipeline.scheduling.problem import Commitment, Meter, Problem


@dataclass(frozen=True)
class TwoPrices:
    """Which prices a flow has somewhere: more above zero than below (`convex`), or less (`concave`)."""

    name: str
    convex: bool
    concave: bool


@dataclass(frozen=True, kw_only=True)
class MeterShape(Shape):
    """What is paid for there."""

    priced: tuple[TwoPrices, ...]
    consumption_capacity: Stretches | None = None  # where soft
    production_capacity: Stretches | None = None

    @property
    def flows(self) -> tuple[TwoPrices, ...]:
        """All that is counted at one rate above a baseline and another below."""
        return self.priced


@dataclass(frozen=True)
class PricedFlow:
    """Power above a baseline at one price, and below it at another: net energy, or a commitment."""

    name: str
    baseline_kw: Array
    up_price: Array
    down_price: Array


def bounds(meter: Meter) -> dict[str, Array]:
    """Its fixed power, and how much it carries each way."""
    return {"fixed": meter.fixed_kw, "import_kw": meter.import_limit_kw, "export_kw": meter.export_limit_kw}


def commitment_flows(commitments: Iterable[Commitment]) -> list[PricedFlow]:
    """Commitments by their number: their names are people's, and need not be names of a model."""
    return [
        PricedFlow(f"commitment_{i}", c.baseline_kw, c.up_price, c.down_price)
        for i, c in enumerate(commitments)
    ]


def priced_flows(
    problem: Problem, meter: Meter, flows: Iterable[PricedFlow], *, elastic: bool
) -> tuple[tuple[TwoPrices, ...], dict[str, Array]]:
    """Which prices the flows have, and their parameters."""
    low, high = problem.range_kw(meter)
    if not elastic:
        low, high = np.maximum(low, -meter.export_limit_kw), np.minimum(high, meter.import_limit_kw)
    kinds: list[TwoPrices] = []
    parameters: dict[str, Array] = {}
    for flow in flows:
        numbers = _numbers(low - flow.baseline_kw, high - flow.baseline_kw, flow)
        kind = TwoPrices(flow.name, bool(numbers["kink"].any()), bool(numbers["rebate"].any()))
        kinds.append(kind)
        parameters |= within(flow.name, {name: numbers[name] for name in _needed(kind)})
    return tuple(kinds), parameters


def _needed(kind: TwoPrices) -> set[str]:
    names = {"slope", "at_zero"}
    if kind.convex:
        names |= {"kink", "baseline"}
    if kind.concave:
        names |= {"rebate", "baseline", "low", "high"}
    return names


def _numbers(low: Array, high: Array, flow: PricedFlow) -> dict[str, Array]:
    """A price above and one below the baseline as a slope, and what is added on one of the two sides."""
    up, down = flow.up_price, flow.down_price
    reaches_both = (low < 0) & (high > 0)
    kink = np.where(reaches_both, np.maximum(up - down, 0), 0.0)
    rebate = np.where(reaches_both, np.maximum(down - up, 0), 0.0)
    slope = np.where(reaches_both, np.minimum(up, down), np.where(high > 0, up, down))
    slope = np.where(rebate > 0, up, slope)
    return {
        "slope": slope,
        "kink": kink,
        "rebate": rebate,
        "baseline": flow.baseline_kw,
        "low": np.minimum(low, 0.0),
        "high": np.maximum(high, 0.0),
        "at_zero": -slope * flow.baseline_kw,
    }
