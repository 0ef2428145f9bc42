"""Regressors: other series that a sensor is forecast from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from flex_pipeline.portfolio.sensor import Sensor


class Regressors(BaseModel):
    """Names of sensors. Each is read as it was believed at the planning time, in training as at each past one.

    `future`: its values of the steps to forecast, where they are known by then (a weather forecast, a published load
    forecast). `past`: the latest known value of the same time of day (another meter).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    past: tuple[str, ...] = Field(
        default=(), description="Sensors whose latest known value of the same time of day says something."
    )
    future: tuple[str, ...] = Field(
        default=(),
        description="Sensors whose values are published ahead, such as forecasts of weather or load.",
    )

    @property
    def names(self) -> tuple[str, ...]:
        """All, each once."""
        return tuple(dict.fromkeys((*self.past, *self.future)))


def regressor_faults(sensors: Mapping[str, Sensor]) -> Iterator[tuple[str, str, str, str]]:
    """What is wrong with the regressors of sensors: (sensor, field within it, value, message)."""
    for sensor in sensors.values():
        for role in ("past", "future"):
            for name in getattr(sensor.regressors, role):
                if message := _fault(sensor, name, sensors):
                    yield sensor.name, f"regressors.{role}", name, message


def _fault(sensor: Sensor, name: str, sensors: Mapping[str, Sensor]) -> str | None:
    if name not in sensors:
        known = ", ".join(sorted(sensors)) or "none"
        return f"is not a sensor of this portfolio; known: {known}"
    if name == sensor.name:
        return "is the sensor itself, whose own past every forecast reads anyway"
    if sensors[name].site not in (None, sensor.site):
        return f"belongs to {sensors[name].site}: a forecast reads shared sensors and those of its own site"
    return None
