"""Soft bounds as parameters of the model."""

from __future__ import annotations

import numpy as np

from flex_pipeline.scheduling.parts.part import Array, Stretches
from flex_pipeline.scheduling.problem import SoftLimit, stretches


def breach_parameters(soft: SoftLimit) -> dict[str, Array]:
    """Parameters of a soft bound whose highest breach and whose area are paid for."""
    return peak_parameters(soft) | {"price": soft.price}


def peak_parameters(soft: SoftLimit) -> dict[str, Array]:
    """Parameters of a soft bound whose highest breach is paid for."""
    limit = np.where(np.isnan(soft.limit), np.inf, soft.limit)
    return {"limit": limit, "highest_price": soft.price[list(stretches(soft.price))]}


def soft_stretches(soft: SoftLimit | None) -> Stretches | None:
    """Where stretches of equal price begin; None where there is no soft bound."""
    return None if soft is None else stretches(soft.price)
