"""An aggregate: a series made of others by weights, such as headroom = connection − PV."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.timeseries.units import Dimension, measures, parse_quantity, unit_inside


def _is_quantity(text: str) -> str:
    for dimension in get_args(Dimension):
        try:
            parse_quantity(text, dimension)
        except ValueError:
            continue
        return text
    raise ValueError('is not a number with a unit; write for example "500 kW"')


class Aggregate(BaseModel):
    """A constant plus the weighted sum of sensors, in the smallest of their steps; reported, never planned with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    site: str | None = None  # None: of all sites, so it is seen by those who see all
    timezone: str
    unit: str = Field(
        description="Of its values; sensors that measure the same in another unit are converted."
    )
    constant: Annotated[str, AfterValidator(_is_quantity)] | None = Field(
        default=None, description="What is added to the sum, such as 500 kW."
    )
    weights: Mapping[str, float] = Field(
        min_length=1,
        description="By sensor, what its values are multiplied by. Without one of them there is no sum.",
    )

    def in_its_unit(self, unit: str) -> float:
        """What one of another unit is in the unit of the aggregate. ValueError where they measure different things."""
        if unit == self.unit:
            return 1.0
        for dimension in get_args(Dimension):
            if measures(self.unit, dimension) and measures(unit, dimension):
                one, other = unit_inside(self.unit, dimension), unit_inside(unit, dimension)
                if one.currency == other.currency:
                    return other.value / one.value
        raise ValueError(f"cannot be added in {self.unit}: it is in {unit}")

    @property
    def constant_value(self) -> float:
        """In the unit of the aggregate. ValueError where it is of another kind."""
        if self.constant is None:
            return 0.0
        for dimension in get_args(Dimension):
            if measures(self.unit, dimension):
                return (
                    parse_quantity(self.constant, dimension).value / unit_inside(self.unit, dimension).value
                )
        raise ValueError(
            f"has a unit; the aggregate's, {self.unit}, is none that quantities are converted to"
        )

    def resolution(self, sensors: Mapping[str, Sensor]) -> timedelta:
        """The smallest step of what it is made of."""
        return min(sensors[name].resolution for name in self.weights)

    def faults(self, sensors: Mapping[str, Sensor]) -> list[tuple[str, object, str]]:
        """What does not fit together: field, value and message."""
        found: list[tuple[str, object, str]] = []
        try:
            _ = self.constant_value
        except ValueError as error:
            found.append(("constant", self.constant, str(error)))
        for name in self.weights:
            try:
                self.in_its_unit(sensors[name].unit)
            except ValueError as error:
                found.append((f"weights.{name}", None, str(error)))
        return found
