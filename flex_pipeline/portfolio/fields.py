"""How a field is declared: once. Its check, error message, JSON Schema and row in the documentation
follow."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from flex_pipeline.timeseries.units import ARTICLE, EXAMPLE, Dimension, parse_quantity
from flex_pipeline.timeseries.variable_quantity import (
    BESIDE_SERIES,
    Fixed,
    Overlap,
    QuantityError,
    Series,
    VariableQuantity,
    parse_instant,
    parse_length,
    parse_variable_quantity,
)

WALL_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class Fault(NamedTuple):
    """One thing wrong with an input: where, what stands there, and what would be right."""

    field: str
    value: object
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Reading(NamedTuple):
    """What a document may hold: sensors and recurring times in a portfolio, neither in a problem file."""

    sensors: bool = False
    wall_clock: bool = False
    energy_unit: str | None = None  # soc-unit, for numbers without a unit


class FieldType(Protocol):
    """What a field holds."""

    def faults(self, value: Any, path: str, reading: Reading) -> Iterator[Fault]:
        """Everything wrong with a value."""

    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""

    def describe(self) -> str:
        """A few words for the documentation."""


@dataclass(frozen=True)
class FieldSpec:
    """A field: its name, what it holds, one sentence, and what holds where it is left out."""

    name: str
    type: FieldType
    text: str
    default: str = "none"
    required: bool = False
    former: Mapping[str, str] = field(default_factory=dict)  # names it had, and the unit of a bare number
    by_name: bool = False  # a bare id or name is that of a sensor


@dataclass(frozen=True)
class Quantity:
    """A quantity in the unit of its dimension; `variable` ones may be a series or segments."""

    dimension: Dimension
    variable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    overlap: Overlap = "first"
    alternative: Dimension | None = None

    def faults(self, value: Any, path: str, reading: Reading) -> Iterator[Fault]:
        """Wrong units, keys, times and values out of bounds."""
        if isinstance(value, Mapping) and "sensor" in value:
            yield from self._sensor_faults(value, path, reading)
            return
        try:
            quantity = self.parse(on_some_day(value) if reading.wall_clock else value, reading)
        except QuantityError as error:
            yield Fault(path + error.path, error.value, error.message)
            return
        for number in _extremes(quantity):
            if bound := self._out_of_bounds(number):
                yield Fault(path, value, f"must be {bound}")
                return

    def parse(self, value: Any, reading: Reading) -> VariableQuantity:
        """The value in the unit inside; QuantityError when it is none."""
        if not self.variable and isinstance(value, Mapping | list):
            raise QuantityError("", value, f"is one fixed quantity, for example {EXAMPLE[self.dimension]}")
        bare = reading.energy_unit if self.dimension == "energy" else None
        return parse_variable_quantity(value, self.dimension_of(value), bare)

    def dimension_of(self, value: Any) -> Dimension:
        """The dimension, or the alternative where the value is written in that alone."""
        # a bare number is not a part of something: only "%" makes it one
        if self.alternative is None or (self.alternative == "ratio" and "%" not in str(value)):
            return self.dimension
        written = [d for d in (self.dimension, self.alternative) if _reads_as(value, d)]
        return written[0] if written else self.dimension

    def schema(self) -> dict[str, Any]:
        """One value, a sensor, a series or segments."""
        one: dict[str, Any] = {"type": ["string", "number"], "examples": [EXAMPLE[self.dimension].strip('"')]}
        if not self.variable:
            return one
        ref = {"$ref": "#/$defs/"}
        return {"anyOf": [one, *({"$ref": ref["$ref"] + name} for name in ("sensor", "series", "segments"))]}

    def describe(self) -> str:
        """Its dimension and forms."""
        either = f" or {ARTICLE[self.alternative]}" if self.alternative else ""
        return ARTICLE[self.dimension] + either + (", may vary" if self.variable else "")

    def _sensor_faults(self, value: Mapping[str, Any], path: str, reading: Reading) -> Iterator[Fault]:
        if not reading.sensors:
            yield Fault(path, dict(value), 'names a sensor; its data are needed here: {"series": …}')
            return
        if not self.variable:
            yield Fault(path, value, f"is one fixed quantity, for example {EXAMPLE[self.dimension]}")
        yield from unknown_keys(value, ("sensor", *BESIDE_SERIES), path)
        if not isinstance(value["sensor"], str):
            yield Fault(f"{path}.sensor", value["sensor"], "needs the name of a sensor")
        for name in (name for name in BESIDE_SERIES if name in value):
            try:
                parse_quantity(value[name], self.dimension)
            except ValueError as error:
                yield Fault(f"{path}.{name}", value[name], str(error))

    def _out_of_bounds(self, number: float) -> str | None:
        if self.above is not None and number <= self.above:
            return f"above {self.above:g}"
        if self.minimum is not None and number < self.minimum:
            return f"{self.minimum:g} or more"
        if self.maximum is not None and number > self.maximum:
            return f"{self.maximum:g} or less"
        return None


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def faults(self, value: Any, path: str, reading: Reading) -> Iterator[Fault]:
        """Anything but true or false (null leaves the default)."""
        if value is not None and not isinstance(value, bool):
            yield Fault(path, value, "must be true or false")

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": ["boolean", "null"]}

    def describe(self) -> str:
        """Its values."""
        return "true or false"


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    options: tuple[str, ...]

    def faults(self, value: Any, path: str, reading: Reading) -> Iterator[Fault]:
        """Anything else."""
        if value not in self.options:
            yield Fault(path, value, f"must be {' or '.join(self.options)}")

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"enum": list(self.options)}

    def describe(self) -> str:
        """Its options."""
        return " or ".join(self.options)


@dataclass(frozen=True)
class Text:
    """A name."""

    def faults(self, value: Any, path: str, reading: Reading) -> Iterator[Fault]:
        """Anything but a non-empty string."""
        if not isinstance(value, str) or not value:
            yield Fault(path, value, "must be a name")

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "minLength": 1}

    def describe(self) -> str:
        """What it is."""
        return "a name"


@dataclass(frozen=True)
class Length:
    """An ISO 8601 duration."""

    def faults(self, value: Any, path: str, reading: Reading) -> Iterator[Fault]:
        """Anything else, and months or years, which have no fixed length."""
        try:
            parse_length(value)
        except ValueError as error:
            yield Fault(path, value, str(error))

    def schema(self) -> dict[str, Any]:
        """A string such as PT2H."""
        return {"type": "string", "examples": ["PT2H"]}

    def describe(self) -> str:
        """What it is."""
        return "a duration"


@dataclass(frozen=True)
class Instant:
    """An ISO 8601 time with offset; where times recur, a local time of day."""

    def faults(self, value: Any, path: str, reading: Reading) -> Iterator[Fault]:
        """Anything else."""
        if reading.wall_clock and isinstance(value, str) and WALL_CLOCK.fullmatch(value):
            return
        try:
            parse_instant(value)
        except ValueError as error:
            yield Fault(path, value, str(error))

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "examples": ["2024-06-03T07:30:00+02:00"]}

    def describe(self) -> str:
        """What it is."""
        return "a time"


@dataclass(frozen=True)
class ListOf:
    """A list of equal things."""

    item: FieldType
    length: int | None = None

    def faults(self, value: Any, path: str, reading: Reading) -> Iterator[Fault]:
        """No list, a wrong length, and the faults of its items."""
        if not isinstance(value, list) or (self.length is not None and len(value) != self.length):
            yield Fault(path, value, f"must be a list of {self.length or 'values'}: {self.item.describe()}")
            return
        for i, item in enumerate(value):
            yield from self.item.faults(item, f"{path}[{i}]", reading)

    def schema(self) -> dict[str, Any]:
        """An array."""
        size = {} if self.length is None else {"minItems": self.length, "maxItems": self.length}
        return {"type": "array", "items": self.item.schema(), **size}

    def describe(self) -> str:
        """Its items."""
        return f"list: {self.item.describe()}"


@dataclass(frozen=True)
class Record:
    """Named fields."""

    fields: tuple[FieldSpec, ...]
    exactly_one_of: tuple[tuple[str, ...], ...] = ()  # ways to say the same, each with all of its fields

    def faults(self, value: Any, path: str, reading: Reading) -> Iterator[Fault]:
        """Unknown and missing fields, and the faults of those present."""
        if not isinstance(value, Mapping):
            yield Fault(path, value, f"needs fields, such as {', '.join(f.name for f in self.fields[:3])}")
            return
        yield from unknown_keys(value, [field.name for field in self.fields], path)
        yield from self._ways_faults(value, path)
        for spec in self.fields:
            if spec.name in value:
                yield from spec.type.faults(value[spec.name], join(path, spec.name), reading)
            elif spec.required:
                yield Fault(join(path, spec.name), None, f"is missing: {spec.text}")

    def _ways_faults(self, value: Mapping[str, Any], path: str) -> Iterator[Fault]:
        given = [names for names in self.exactly_one_of if any(name in value for name in names)]
        if self.exactly_one_of and len(given) != 1:
            ways = ", ".join(" and ".join(names) for names in self.exactly_one_of)
            yield Fault(path, dict(value), f"needs exactly one of {ways}")
            return
        for name in (name for names in given for name in names if name not in value):
            yield Fault(join(path, name), None, f"is missing: {self[name].text}")

    def schema(self) -> dict[str, Any]:
        """An object."""
        properties = {f.name: {**f.type.schema(), "description": f.text} for f in self.fields}
        required = [field.name for field in self.fields if field.required]
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }

    def describe(self) -> str:
        """Its fields."""
        return ", ".join(field.name for field in self.fields)

    def __getitem__(self, name: str) -> FieldSpec:
        return next(field for field in self.fields if field.name == name)


def unknown_keys(given: Mapping[str, Any], known: Sequence[str], path: str) -> Iterator[Fault]:
    """A fault for each key that is not known, with those that are spelt alike."""
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
            yield Fault(join(path, str(key)), given[key], f"is not a known field; {hint}")


def join(path: str, name: str) -> str:
    """The path of a field inside another."""
    return f"{path}.{name}" if path else name


def sensors_in(mapping: Any, path: str = "", *, with_default: bool = True) -> dict[str, str]:
    """Which sensors a flex-context or flex-model refers to: {path of the field: name of the sensor}.

    With `with_default` false, only those that nothing stands in for where they have no value.
    """
    found: dict[str, str] = {}
    if isinstance(mapping, Mapping):
        if isinstance(mapping.get("sensor"), str) and (with_default or "default" not in mapping):
            found[path] = mapping["sensor"]
        for key, value in mapping.items():
            found |= sensors_in(value, join(path, str(key)), with_default=with_default)
    elif isinstance(mapping, list):
        for i, value in enumerate(mapping):
            found |= sensors_in(value, f"{path}[{i}]", with_default=with_default)
    return found


def on_some_day(value: Any) -> Any:
    """Segments with recurring local times, set on one day in order to check the rest of them."""
    if isinstance(value, list):
        return [on_some_day(item) for item in value]
    if not isinstance(value, Mapping) or "value" not in value:
        return value
    dated = {("datetime" if key == "time" else key): _dated(item) for key, item in value.items()}
    if isinstance(dated.get("end"), str) and str(dated.get("start", "")) > dated["end"]:
        dated["end"] = dated["end"].replace("2000-01-01", "2000-01-02")  # over midnight
    return dated


def _dated(value: Any) -> Any:
    recurring = isinstance(value, str) and WALL_CLOCK.fullmatch(value)
    return f"2000-01-01T{value}+00:00" if recurring else value


def _reads_as(value: Any, dimension: Dimension) -> bool:
    try:
        parse_variable_quantity(value, dimension)
    except QuantityError:
        return False
    return True


def _extremes(quantity: VariableQuantity) -> list[float]:
    """The least and the greatest number of a quantity: if they are within bounds, all are. Empty for none."""
    if isinstance(quantity, Fixed):
        return [quantity.value]
    if isinstance(quantity, Series):
        known = np.append(quantity.values, quantity.default)
        known = known[~np.isnan(known)]
    else:
        known = np.array([segment.value for segment in quantity.segments])
    return [float(known.min()), float(known.max())] if known.size else []
