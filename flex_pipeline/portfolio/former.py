"""Former spellings of flex-contexts and flex-models, read as the present ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flex_pipeline.portfolio.fields import FieldSpec, ListOf, Quantity, Record, Text, join


class Spelling(NamedTuple):
    """A document in the present spelling, and a notice for each former one."""

    document: Any
    notices: tuple[str, ...]


def present_spelling(given: Any, record: Record, path: str) -> Spelling:
    """Underscores for hyphens, names of attributes, and lone items in place of lists are understood.

    A field that stands in both spellings counts in the present one. What is no mapping stays what it is.
    """
    if not isinstance(given, Mapping):
        return Spelling(given, ())
    document: dict[str, Any] = {}
    notices: list[str] = []
    for key, value in given.items():
        name, unit = _present(str(key), record)
        if name != key and name in given:
            notices.append(f"{join(path, str(key))}: is ignored, as {name} is given too")
            continue
        if name != key:
            notices.append(f"{join(path, str(key))}: is the former spelling of {name}")
        document[name] = f"{value} {unit}" if unit and isinstance(value, int | float) else value
    for field in record.fields:
        if field.name in document:
            document[field.name] = _spelt(document[field.name], field, join(path, field.name), notices)
    return Spelling(document, tuple(notices))


def _present(key: str, record: Record) -> tuple[str, str | None]:
    """The present name of a field, and the unit of a bare number under its former one."""
    names = {field.name for field in record.fields}
    if key in names:
        return key, None
    for field in record.fields:
        if key in field.former:
            return field.name, field.former[key]
    hyphenated = key.replace("_", "-")
    return (hyphenated if hyphenated in names else key), None


def _spelt(value: Any, field: FieldSpec, path: str, notices: list[str]) -> Any:
    if isinstance(field.type, ListOf):
        value = _items(value, field.type, path, notices)
    elif isinstance(field.type, Quantity) and isinstance(value, Mapping) and "value" in value:
        notices.append(f"{path}: is a list of one")
        value = [value]
    elif isinstance(field.type, Text) and isinstance(value, Mapping) and len(value) == 1:
        return _named(value)
    if not field.by_name:
        return value
    return [_by_name(item) for item in value] if isinstance(value, list) else _by_name(value)


def _items(value: Any, kind: ListOf, path: str, notices: list[str]) -> Any:
    if kind.length is None and isinstance(value, Mapping | str | int | float):
        notices.append(f"{path}: is a list of one")
        value = [value]
    if not isinstance(value, list) or not isinstance(kind.item, Record):
        return value
    spelt = [present_spelling(item, kind.item, f"{path}[{i}]") for i, item in enumerate(value)]
    notices += [notice for item in spelt for notice in item.notices]
    return [item.document for item in spelt]


def _named(value: Mapping[str, Any]) -> Any:
    """The name in {"asset": 7} or {"sensor": 7}."""
    ((kind, name),) = value.items()
    return str(name) if kind in ("asset", "sensor") else value


def _by_name(value: Any) -> Any:
    """A sensor where a lone id or name stands for one; a quantity begins with a digit or a sign."""
    is_id = isinstance(value, int) and not isinstance(value, bool)
    is_name = isinstance(value, str) and " " not in value and value[:1].isalpha()
    return {"sensor": str(value)} if is_id or is_name else value
