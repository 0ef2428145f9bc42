"""Compiled templates are kept on disk, under a name that changes with the code that made them."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from flex_pipeline.scheduling.parts.part import Shape
from flex_pipeline.scheduling.template import Template
from flex_pipeline.scheduling.template_file import read_template, write_template

HERE = Path(__file__).parent
CODE = ("model/*.py", "parts/*.py", "compiling.py", "limits.py", "template.py", "template_file.py")


def kept_template(shape: Shape) -> Template:
    """The template of a shape: from disk, or else compiled and put there."""
    path = template_path(shape)
    with suppress(Exception):  # whatever is wrong with a file, it is made anew
        return read_template(path)
    # Pyomo takes half a second to import: only where a shape is new
    from flex_pipeline.scheduling.compiling import compile_part

    template = compile_part(shape)
    with suppress(OSError):  # a disk that cannot be written to costs time, but no schedule
        write_template(template, path)
    return template


def template_path(shape: Shape) -> Path:
    """Where the template of a shape is kept; `FLEX_CACHE_DIR` moves the folder."""
    base = (
        os.environ.get("FLEX_CACHE_DIR")
        or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "flex_pipeline"
    )
    module = shape.declared_by.partition(":")[0]
    name = hashlib.sha256(f"{module} {shape!r}".encode()).hexdigest()[:32]
    return Path(base).expanduser() / "templates" / _code_hash(module) / f"{name}.npz"


@lru_cache
def _code_hash(module: str) -> str:
    """Changes with any code that has a say in a template: the core's, the declaring module's and Pyomo."""
    found = hashlib.sha256(version("pyomo").encode())
    spec = find_spec(module)
    declaring = Path(spec.origin) if spec is not None and spec.origin is not None else HERE
    for path in [*sorted(path for pattern in CODE for path in HERE.glob(pattern)), declaring]:
        found.update(path.read_bytes())
    return found.hexdigest()[:16]
