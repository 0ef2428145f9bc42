"""An electric car that is charged at its site: one trip on most days, home again by the evening.

Three series tell of the same trips: when it can be charged, what driving takes out of the battery, and what
has to be in it when it leaves.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.simulation.base import EnergyKwh, PowerKw, SimulatedSource
from flex_pipeline.sources.simulation.draw import generator
from flex_pipeline.sources.simulation.local_days import Array, LocalDays

Mask = NDArray[np.bool_]  # one per step


class Trip(NamedTuple):
    """Away from `leave` to `back` (quarter-hours on the wall clock [h]), using this energy."""

    leave: float
    back: float
    energy_kwh: float


@lru_cache(maxsize=4096)
def trip_on(car: str, day: date) -> Trip | None:
    """The trip of a day: to work (on one workday in eight it stays home), or out on six weekend days in ten.

    All within 06:00 and 24:00, so that no trip meets a change of the clock.
    """
    rng = generator("ev", car, day)
    going, leave, back, energy = rng.random(4)
    if day.weekday() < 5:
        trip = Trip(_quarter(7.25 + 1.25 * leave), _quarter(16.5 + 2 * back), round(8 + 10 * energy, 1))
        return trip if going < 7 / 8 else None
    out = _quarter(10 + 3 * leave)
    return Trip(out, out + _quarter(2 + 3 * back), round(6 + 10 * energy, 1)) if going < 0.6 else None


def _quarter(hour: float) -> float:
    return round(hour * 4) / 4


class _Ev(SimulatedSource):
    """Its chance is the site's by default, so that the series of one car agree; two cars need two seeds."""

    unit: ClassVar[str] = "kW"

    def trips(self, days: LocalDays, sensor: Sensor) -> list[tuple[Trip, Mask]]:
        """The trips of the days, each with the steps in which the car is away (True)."""
        car = self.seed or sensor.site
        if car is None:
            raise SourceError(
                "source.seed", "nothing", "is given, but a shared car needs one, for example: seed: car-1"
            )
        found = []
        for position, day in enumerate(days.days):
            trip = trip_on(str(car), day)
            if trip is not None:
                today = days.day_of_step == position
                found.append((trip, today & (days.hour >= trip.leave) & (days.hour < trip.back)))
        return found


class EvAvailability(_Ev):
    """The power that the car can take: that of its charger while it is plugged in, 0 while it is away."""

    simulated: Literal["ev-availability"]
    charger: PowerKw

    def values(self, days: LocalDays, sensor: Sensor) -> Array:
        """Power [kW]."""
        available = np.full(len(days.hour), self.charger)
        for _, away in self.trips(days, sensor):
            available[away] = 0.0
        return available


class EvDriving(_Ev):
    """The power that driving takes out of the battery, even over the time away."""

    simulated: Literal["ev-driving"]

    def values(self, days: LocalDays, sensor: Sensor) -> Array:
        """Power [kW], at least 0."""
        driving = np.zeros(len(days.hour))
        for trip, away in self.trips(days, sensor):
            driving[away] = trip.energy_kwh / (trip.back - trip.leave)
        return driving


class EvDepartureSoc(_Ev):
    """The energy that has to be in the battery when the car leaves: for the trip, and a reserve."""

    unit: ClassVar[str] = "kWh"
    simulated: Literal["ev-departure-soc"]
    reserve: EnergyKwh = 12.0

    def values(self, days: LocalDays, sensor: Sensor) -> Array:
        """Energy [kWh] at the start of the step in which the car leaves, NaN elsewhere."""
        required = np.full(len(days.hour), np.nan)
        for trip, away in self.trips(days, sensor):
            required[away & (days.hour == trip.leave)] = self.reserve + trip.energy_kwh
        return required
