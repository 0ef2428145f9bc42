"""Templates on disk: arrays and JSON in one file, so that a new process does not need Pyomo."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from scipy import sparse

from flex_pipeline.scheduling.limits import Limit
from flex_pipeline.scheduling.template import Family, Node, Port, Template

KINDS = {kind.__name__: kind for kind in (Template, Family, Port, Node, Limit)}


def write_template(template: Template, path: Path) -> None:
    """Write a template; the file is there whole or not at all. OSError where it cannot be."""
    arrays: list[Any] = []
    text = json.dumps(_packed(template, arrays))
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        np.savez(file, text=np.array(text), **{str(i): array for i, array in enumerate(arrays)})
    os.replace(file.name, path)


def read_template(path: Path) -> Template:
    """Read a template; any exception where the file is none."""
    with np.load(path, allow_pickle=False) as file:
        template = _unpacked(json.loads(str(file["text"])), file)
    if not isinstance(template, Template):
        raise ValueError(f"{path} holds no template")
    return template


def _packed(value: Any, arrays: list[Any]) -> Any:
    """A value as JSON that refers to arrays by their number."""
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, sparse.csr_array):
        return {
            "matrix": [_packed(x, arrays) for x in (value.data, value.indices, value.indptr)],
            "shape": value.shape,
        }
    if is_dataclass(value):
        return {
            "kind": type(value).__name__,
            "fields": [_packed(getattr(value, field.name), arrays) for field in fields(value)],
        }
    if isinstance(value, Mapping):
        return {"map": [[_packed(key, arrays), _packed(item, arrays)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_packed(item, arrays) for item in value]}
    return value


def _unpacked(packed: Any, arrays: Any) -> Any:
    if not isinstance(packed, dict):
        return packed
    if "array" in packed:
        return arrays[str(packed["array"])]
    if "matrix" in packed:
        return sparse.csr_array(tuple(_unpacked(x, arrays) for x in packed["matrix"]), shape=packed["shape"])
    if "kind" in packed:
        return KINDS[packed["kind"]](*(_unpacked(x, arrays) for x in packed["fields"]))
    if "map" in packed:
        return {_unpacked(key, arrays): _unpacked(item, arrays) for key, item in packed["map"]}
    return tuple(_unpacked(item, arrays) for item in packed["tuple"])
