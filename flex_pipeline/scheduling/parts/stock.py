"""A stock as a part of the model: its shape and its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from flex_pipeline.scheduling.parts.part import Array, Part, Shape, Stretches, one, within
from flex_pipeline.scheduling.parts.soft import breach_parameters
from flex_pipeline.scheduling.problem import Problem, SocStatement, SoftLimit, Stock, stretches

Asked = Literal["hard"] | Stretches | None  # a statement: hard, soft with stretches of equal price, or none


@dataclass(frozen=True, kw_only=True)
class StockShape(Shape):
    """What is asked of the state of charge."""

    declared_by: ClassVar[str] = "flex_pipeline.scheduling.model.stock:declare_stock"
    minima: Asked = None
    maxima: Asked = None
    targets: Asked = None
    targets_excess: Stretches | None = None


def stock_part(problem: Problem, stock: Stock, *, elastic: bool) -> Part:
    """What holds energy."""
    targets = stock.targets
    shape = StockShape(
        steps=problem.grid.n,
        hours=problem.grid.hours,
        elastic=elastic,
        minima=_asked(stock.minima),
        maxima=_asked(stock.maxima),
        targets=_asked(targets),
        targets_excess=None if targets is None or targets.price is None else _excess(targets),
    )
    return Part("stock", stock.name, shape, _parameters(stock, shape))


def _parameters(stock: Stock, shape: StockShape) -> dict[str, Array]:
    given = {
        "carried_in": one(float(stock.retention[0]) * stock.start_kwh),
        "retention": stock.retention[1:],
        "external": stock.external_kwh,
        "soc_min": stock.floor_kwh,
        "soc_max": stock.ceiling_kwh,
        "fill_sooner": _fill_sooner(stock),
        "end_value": one(stock.end_value),
    }
    if stock.minima is not None:
        given |= _statement("soc_minima", stock.minima.kwh, -1, stock.minima.price)
    if stock.maxima is not None:
        given |= _statement("soc_maxima", stock.maxima.kwh, 1, stock.maxima.price)
    if (targets := stock.targets) is not None:
        if targets.price is None or targets.excess_price is None:
            given["target_low"] = np.where(np.isnan(targets.kwh), -np.inf, targets.kwh)
            given["target_high"] = np.where(np.isnan(targets.kwh), np.inf, targets.kwh)
        else:
            given |= _soft("soc_targets_short", -targets.kwh, targets.price)
            given |= _soft("soc_targets_over", targets.kwh, targets.excess_price)
    return given


def _fill_sooner(stock: Stock) -> Array:
    """Weight of a full store at each step end: falling to 0; constant where curtailing later is not preferred."""
    n = stock.retention.size
    if not stock.fills_sooner:
        return np.zeros(n)
    return np.linspace(1, 0, n) if stock.prefer_curtailing_later else np.ones(n)


def _statement(name: str, kwh: Array, sign: int, price: Array | None) -> dict[str, Array]:
    if price is not None:
        return _soft(name, sign * kwh, price)
    return {f"{name}_kwh": np.where(np.isnan(kwh), sign * np.inf, kwh)}


def _soft(name: str, limit: Array, price: Array) -> dict[str, Array]:
    return within(name, breach_parameters(SoftLimit(limit, price)))


def _asked(asked: SocStatement | None) -> Asked:
    if asked is None:
        return None
    return "hard" if asked.price is None else stretches(asked.price)


def _excess(targets: SocStatement) -> Stretches | None:
    return None if targets.excess_price is None else stretches(targets.excess_price)
