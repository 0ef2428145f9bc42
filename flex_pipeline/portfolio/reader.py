"""What is read of a portfolio on the way, and every fault in it, with file and line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flex_pipeline.portfolio.aggregate import Aggregate
from flex_pipeline.portfolio.document import Document, Key, key_of
from flex_pipeline.portfolio.fields import Record, sensors_in
from flex_pipeline.portfolio.former import present_spelling
from flex_pipeline.portfolio.portfolio import Settings, Site
from flex_pipeline.portfolio.sensor import Sensor

SourceCheck = Callable[[Mapping[str, Any], Sensor | None], list[tuple[str, object, str]]]
PluginLoader = Callable[[Collection[str], Path], None]


@dataclass
class Reader:
    """Collects what is read, and every fault on the way."""

    check_source: SourceCheck
    load_plugins: PluginLoader
    settings: Settings | None = None
    inherited_faults: frozenset[tuple[str, str]] = frozenset()  # of the settings' flex-context
    sites: dict[str, Site] = field(default_factory=dict)
    sensors: dict[str, Sensor] = field(default_factory=dict)
    described: dict[str, Document] = field(default_factory=dict)  # by sensor, also faulty ones
    references: list[tuple[Document, str, str]] = field(default_factory=list)
    aggregates: list[tuple[Document, Aggregate]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def fault(
        self, document: Document, where: str, value: object, message: str, key: Key | None = None
    ) -> None:
        """Note what is wrong with a field, and where; `key`: where it stands, if that is not its path."""
        line = document.line(key if key is not None else key_of(where))
        self.faults.append(f"{document.path}:{line}  {where}\n  {_shown(value, message)}{message}")

    @property
    def common(self) -> Settings:
        """The settings, which have a default for all that is not stated."""
        return self.settings or Settings()

    def refer(self, document: Document, given: Any, where: str) -> None:
        """Note which sensors a flex-context or flex-model names."""
        self.references += [(document, path, sensor) for path, sensor in sensors_in(given, where).items()]

    def present(self, document: Document, given: Any, record: Record, where: str) -> Any:
        """A flex-context or flex-model in the present spelling."""
        spelt = present_spelling(given, record, where)
        self.notices += [f"{document.path}  {notice}" for notice in spelt.notices]
        return spelt.document


def _shown(value: object, message: str) -> str:
    """The value before the message, unless the message has it."""
    text = str(value)
    if value is None or f'"{text}"' in message:
        return ""
    return f'"{text if len(text) <= 80 else text[:77] + "..."}" '
