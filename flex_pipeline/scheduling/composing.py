"""Composing templates: parts side by side, and what leaves one by a port added to the rows of another's node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from flex_pipeline.scheduling.template import OBJECTIVES, Array, Family, Index, Name, Template


@dataclass(frozen=True)
class Join:
    """A port of one part, and the node of another; parts by their number."""

    source: int
    port: str
    target: int
    node: str


@dataclass(frozen=True)
class _Terms:
    """Numbers of the whole, each a sum of factor × number of a part."""

    whole: Index
    numbers: Index
    factors: Array


@dataclass(frozen=True)
class _Offsets:
    """Where the columns, rows, bounds and numbers of each part begin in the whole."""

    columns: list[int]
    rows: list[int]
    bounds: list[int]
    numbers: list[int]

    @classmethod
    def of(cls, parts: Sequence[Template]) -> _Offsets:
        return cls(
            _starts(part.column_lower.size for part in parts),
            _starts(part.row_count for part in parts),
            _starts(part.bound_columns.size for part in parts),
            _starts(part.base.size for part in parts),
        )


def compose(parts: Sequence[Template], joins: Sequence[Join]) -> Template:
    """The template of all parts together; its entries are ordered by column, then row."""
    at = _Offsets.of(parts)
    rows, columns, entries = _entries(parts, joins, at)
    sections: dict[str, int] = {
        "entries": rows.size,
        **dict.fromkeys(OBJECTIVES, at.columns[-1]),
        **{f"{name}_offset": 1 for name in OBJECTIVES},
        **dict.fromkeys(("row_lower", "row_upper"), at.rows[-1]),
        **dict.fromkeys(("bound_lower", "bound_upper"), at.bounds[-1]),
    }
    start = dict(zip(sections, _starts(sections.values()), strict=False))
    terms = [entries, *_own(parts, at, start), *_constants(parts, joins, at, start)]
    gather = sparse.csr_array(
        (
            np.concatenate([t.factors for t in terms]),
            (np.concatenate([t.whole for t in terms]), np.concatenate([t.numbers for t in terms])),
        ),
        shape=(sum(sections.values()), at.numbers[-1]),
    )
    return Template(
        tuple((i, name, size) for i, part in enumerate(parts) for _, name, size in part.parameters),
        gather @ np.concatenate([part.base for part in parts]),
        sparse.csr_array(gather @ sparse.block_diag([part.gradient for part in parts], format="csr")),
        rows,
        columns,
        np.concatenate([part.column_lower for part in parts]),
        np.concatenate([part.column_upper for part in parts]),
        np.concatenate([part.integer for part in parts]),
        at.rows[-1],
        np.concatenate([part.bound_columns + at.columns[i] for i, part in enumerate(parts)]),
        {
            (i, name): x + at.columns[i]
            for i, part in enumerate(parts)
            for (_, name), x in part.columns.items()
        },
        _families([part.rows for part in parts], at.rows),
        _families([part.bounds for part in parts], at.bounds),
        {(i, name): limit for i, part in enumerate(parts) for (_, name), limit in part.limits.items()},
        {},
        {},
    )


def _entries(parts: Sequence[Template], joins: Sequence[Join], at: _Offsets) -> tuple[Index, Index, _Terms]:
    """Rows and columns of all coefficients, and what each of them is the sum of."""
    rows = [part.entry_rows + at.rows[i] for i, part in enumerate(parts)]
    columns = [part.entry_columns + at.columns[i] for i, part in enumerate(parts)]
    numbers = [np.arange(part.entry_rows.size) + at.numbers[i] for i, part in enumerate(parts)]
    factors = [np.ones(part.entry_rows.size) for part in parts]
    for join in joins:
        port, node = parts[join.source].ports[join.port], parts[join.target].nodes[join.node]
        of_node, of_port = np.nonzero(node.steps[:, None] == port.steps[None, :])
        rows.append(node.rows[of_node] + at.rows[join.target])
        columns.append(port.columns[of_port] + at.columns[join.source])
        numbers.append(port.coefficients[of_port] + at.numbers[join.source])
        factors.append(node.factors[of_node])
    places = np.stack([np.concatenate(columns), np.concatenate(rows)], axis=1)
    distinct, whole = np.unique(places, axis=0, return_inverse=True)
    terms = _Terms(whole.reshape(-1), np.concatenate(numbers), np.concatenate(factors))
    return distinct[:, 1], distinct[:, 0], terms


def _own(parts: Sequence[Template], at: _Offsets, start: Mapping[str, int]) -> Iterable[_Terms]:
    """Costs and bounds of each part, side by side; offsets are summed."""
    begin: dict[str, list[int]] = dict.fromkeys(OBJECTIVES, at.columns)
    begin |= dict.fromkeys(("row_lower", "row_upper"), at.rows)
    begin |= dict.fromkeys(("bound_lower", "bound_upper"), at.bounds)
    for i, part in enumerate(parts):
        first = at.numbers[i]
        for name, size in part.sizes:
            if name != "entries":
                offset = begin[name][i] if name in begin else 0
                whole = start[name] + offset + np.arange(size)
                yield _Terms(whole, first + np.arange(size), np.ones(size))
            first += size


def _constants(
    parts: Sequence[Template], joins: Sequence[Join], at: _Offsets, start: Mapping[str, int]
) -> Iterable[_Terms]:
    """What a port sends whatever its variables do moves the bounds of the rows that it enters."""
    for join in joins:
        port, node = parts[join.source].ports[join.port], parts[join.target].nodes[join.node]
        numbers = port.constants[node.steps] + at.numbers[join.source]
        for side in ("row_lower", "row_upper"):
            yield _Terms(start[side] + at.rows[join.target] + node.rows, numbers, -node.factors)


def _families(parts: Sequence[Mapping[Name, Family]], offsets: list[int]) -> dict[Name, Family]:
    return {
        (i, name): Family(family.index + offsets[i], family.steps)
        for i, part in enumerate(parts)
        for (_, name), family in part.items()
    }


def _starts(sizes: Iterable[int]) -> list[int]:
    """Where each begins, and where the last ends."""
    return [0, *np.cumsum(list(sizes)).tolist()]
