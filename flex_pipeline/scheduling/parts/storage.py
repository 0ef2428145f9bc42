"""A storage as a part of the model: its shape and its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from flex_pipeline.scheduling.parts.part import (
    Array,
    Link,
    Part,
    Shape,
    Stretches,
    key,
    to_the_site,
    within,
)
from flex_pipeline.scheduling.parts.soft import breach_parameters, soft_stretches
from flex_pipeline.scheduling.problem import Problem, Storage


@dataclass(frozen=True, kw_only=True)
class StorageShape(Shape):
    """`directed`: with a variable that says which way the power flows, for steps at which that needs a binary."""

    declared_by: ClassVar[str] = "flex_pipeline.scheduling.model.storage:declare_storage"
    stock: bool
    wear: bool = False
    modes: int = 0
    minimum_charge: bool = False
    consumption_capacity: Stretches | None = None  # where soft
    production_capacity: Stretches | None = None
    steady: bool = False  # prefers few changes of power
    directed: bool = False


def storage_part(problem: Problem, storage: Storage, *, elastic: bool, directed: bool) -> Part:
    """One device; what it moves is added up at the connection and at its stock."""
    stock = None if storage.stock is None else problem.stocks[storage.stock]
    shape = StorageShape(
        steps=problem.grid.n,
        hours=problem.grid.hours,
        elastic=elastic,
        stock=stock is not None,
        wear=bool(storage.wear_price.any()),
        modes=len(storage.modes_kw),
        minimum_charge=storage.charge_minimum_kw is not None,
        consumption_capacity=soft_stretches(storage.charge_soft),
        production_capacity=soft_stretches(storage.discharge_soft),
        steady=stock is not None and not stock.fills_sooner,
        directed=directed,
    )
    links = [to_the_site(key("storage", storage.name))]
    if stock is not None:
        links.append(Link(key("storage", storage.name), "stored", key("stock", stock.name), "stored"))
    return Part("storage", storage.name, shape, _parameters(storage, shape), tuple(links))


def _parameters(storage: Storage, shape: StorageShape) -> dict[str, Array]:
    given = {"charge_kw": storage.charge_limit_kw, "discharge_kw": storage.discharge_limit_kw}
    if shape.stock:
        given |= {"charge_gain": storage.charge_gain, "discharge_loss": storage.discharge_loss}
    else:
        later = np.linspace(1, 1 / shape.steps, shape.steps)
        given["produce_sooner"] = later if storage.prefer_curtailing_later else np.zeros(shape.steps)
    if shape.wear:
        given["wear_price"] = storage.wear_price
    if shape.modes:
        given |= {
            "mode_low": np.array([low for low, _ in storage.modes_kw]),
            "mode_high": np.array([high for _, high in storage.modes_kw]),
        }
    if storage.charge_minimum_kw is not None:
        given["charge_minimum"] = storage.charge_minimum_kw
    for name, soft in (
        ("consumption_capacity", storage.charge_soft),
        ("production_capacity", storage.discharge_soft),
    ):
        if soft is not None:
            given |= within(name, breach_parameters(soft))
    return given
