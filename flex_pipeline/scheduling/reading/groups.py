"""Groups, converters and priorities as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.belonging import Entry, groups_around, is_group
from flex_pipeline.scheduling.problem import Coupling, Group, Priority, Storage
from flex_pipeline.scheduling.reading.arrays import Fields
from flex_pipeline.scheduling.reading.site import (
    commitment_fields,
    read_capacity,
    read_commitment,
    site_capacities_are_relaxed,
)

Array = NDArray[np.float64]


def read_groups(
    entries: Mapping[str, Entry], models: Mapping[str, Fields], context: Fields
) -> tuple[Group, ...]:
    """The groups among the entries, each with all devices inside it."""
    relaxed = site_capacities_are_relaxed(context)
    return tuple(
        _group(name, _devices_in(name, entries), models[name], relaxed)
        for name, entry in entries.items()
        if is_group(entry)
    )


def read_promised(context: Fields, entries: Mapping[str, Entry]) -> Iterator[Group]:
    """Commitments of a flex-context that are about some devices: each has a group of its own, without limits."""
    for i, fields in enumerate(commitment_fields(context)):
        if "group" in fields:
            members = _devices_in(fields.mapping["group"], entries)
        elif "devices" in fields:
            members = frozenset(fields.mapping["devices"])
        else:
            continue
        zero = np.zeros(context.notes.grid.n)
        name, commitment = f"{context.path} {i}", read_commitment(fields)
        yield Group(name, members, zero, zero + np.inf, zero + np.inf, commitments=(commitment,))


def read_couplings(models: Mapping[str, Fields], storages: Iterable[Storage]) -> tuple[Coupling, ...]:
    """Converters, of devices that work in one direction each."""
    found: dict[str, dict[str, Array]] = {}
    for storage in storages:
        model = models[storage.name]
        if "coupling" not in model:
            continue
        takes, gives = bool(storage.charge_limit_kw.any()), bool(storage.discharge_limit_kw.any())
        if takes and gives:
            model.fault(
                "coupling", "is one side of a converter: give a consumption- or a production-capacity"
            )
        coefficient = (
            model.array("coupling-coefficient", fill=1.0) if "coupling-coefficient" in model else None
        )
        size = np.ones(model.notes.grid.n) if coefficient is None else coefficient
        found.setdefault(model.mapping["coupling"], {})[storage.name] = -size if gives else size
    return tuple(Coupling(name, coefficients) for name, coefficients in sorted(found.items()))


def read_priorities(models: Mapping[str, Fields], storages: Iterable[Storage]) -> tuple[Priority, ...]:
    """Devices by their priority, the highest first."""
    ranks: dict[int, set[str]] = {}
    for storage in storages:
        if (rank := models[storage.name].mapping.get("priority")) is not None:
            ranks.setdefault(rank, set()).add(storage.name)
    return tuple(Priority(rank, frozenset(ranks[rank])) for rank in sorted(ranks, reverse=True))


def _group(name: str, members: frozenset[str], model: Fields, relaxed: bool) -> Group:
    unlimited = np.full(model.notes.grid.n, np.inf)
    limit = model.array("power-capacity", fill=np.inf) if "power-capacity" in model else unlimited
    (import_hard, import_soft), (export_hard, export_soft) = (
        read_capacity(model, f"{way}-capacity", f"{way}-breach-price", limit, relaxed)
        for way in ("consumption", "production")
    )
    return Group(name, members, np.zeros_like(limit), import_hard, export_hard, import_soft, export_soft)


def _devices_in(group: str, entries: Mapping[str, Entry]) -> frozenset[str]:
    """Names of the devices in a group, and in groups inside it."""
    return frozenset(
        name
        for name, entry in entries.items()
        if not is_group(entry) and group in groups_around(name, entries)
    )
