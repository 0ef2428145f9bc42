"""A YAML file that remembers on which line each field stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Key = tuple[str | int, ...]
_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")


class DocumentError(ValueError):
    """A file that is not YAML, or whose top level has no fields."""


class _Loader(yaml.SafeLoader):
    """YAML 1.1 without its reading of 13:15 as the number 795 and of dates as dates."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, regexp) for tag, regexp in resolvers if tag.split(":")[-1] not in ("int", "float", "timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?\d+$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\d+\.\d*|\.\d+|\d+)([eE][-+]?\d+)?$"),
    list("-+.0123456789"),
)


@dataclass(frozen=True)
class Document:
    """The fields of one file, and where they stand."""

    path: Path
    fields: dict[str, Any]
    _lines: dict[Key, int]

    @classmethod
    def read(cls, path: Path) -> Document:
        """Raises DocumentError with file and line."""
        try:
            text = path.read_text(encoding="utf-8")
            node = yaml.compose(text, Loader=_Loader)
            fields = yaml.load(text, Loader=_Loader)
        except UnicodeDecodeError as error:
            raise DocumentError(f"{path}\n  is not text in UTF-8: {error.reason}") from error
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f":{mark.line + 1}" if mark else ""
            raise DocumentError(
                f"{path}{line}\n  is not YAML: {getattr(error, 'problem', None) or error}"
            ) from error
        if not isinstance(fields, dict):
            raise DocumentError(f"{path}:1\n  needs fields, such as site, sensors and devices")
        lines: dict[Key, int] = {}
        repeated = _note_lines(node, (), lines)
        if repeated:
            raise DocumentError(f"{path}:{repeated[1]}\n  {repeated[0]} stands there a second time")
        return cls(path, fields, lines)

    def line(self, key: Key) -> int:
        """The line of a field, or of the nearest field around it."""
        while key and key not in self._lines:
            key = key[:-1]
        return self._lines.get(key, 1)


def _note_lines(node: yaml.Node | None, key: Key, lines: dict[Key, int]) -> tuple[str, int] | None:
    """Fill `lines`; give a field that stands twice in one mapping, and its line."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner = (*key, str(name.value))
            if inner in lines:
                return str(name.value), name.start_mark.line + 1
            lines[inner] = name.start_mark.line + 1
            if repeated := _note_lines(value, inner, lines):
                return repeated
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            lines[(*key, i)] = value.start_mark.line + 1
            if repeated := _note_lines(value, (*key, i), lines):
                return repeated
    return None


def key_of(path: str) -> Key:
    """ "soc-minima[2].start" as the steps that lead there.

    >>> key_of("soc-minima[2].start")
    ('soc-minima', 2, 'start')
    """
    return tuple(int(step[1:-1]) if step.startswith("[") else step for step in _STEP.findall(path))
