"""Seeded random days of realistic shape: one connection, batteries, cars and heat buffers, load and sun.

A household owns up to three of the devices, in that order; load, sun and connection grow with households.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from flex_pipeline.scheduling import Problem

Array = NDArray[np.float64]
Kind = Literal["normal", "negative", "peaks"]

START = datetime(2026, 6, 1, tzinfo=UTC)
RESOLUTION_MINUTES = {24: 60, 96: 15, 192: 15, 288: 5, 672: 15}  # by number of steps: 1, 1, 2, 1 and 7 days
DEVICES_PER_HOME = 3
DEPARTURE_HOUR, RETURN_HOUR = 7, 17  # of cars


@dataclass(frozen=True)
class Day:
    """What to generate: the same description always gives the same numbers."""

    steps: int
    devices: int
    kind: Kind = "normal"
    seed: int = 0

    def problem(self) -> Problem:
        """The day in arrays, as the engine takes it."""
        from flex_pipeline.scheduling import read_problem

        return read_problem(self.mapping())

    def mapping(self) -> dict[str, Any]:
        """The day as a problem file."""
        return _Generator(self).mapping()


class _Generator:
    def __init__(self, day: Day) -> None:
        self.day = day
        # not of the kind: it is the same day with other prices
        self.random = np.random.default_rng([day.seed, day.steps, day.devices])
        self.resolution = timedelta(minutes=RESOLUTION_MINUTES[day.steps])
        self.hours = np.arange(day.steps) * (self.resolution / timedelta(hours=1))  # since midnight
        self.homes = -(-day.devices // DEVICES_PER_HOME)

    def mapping(self) -> dict[str, Any]:
        make = (self._battery, self._car, self._heat_buffer)
        return {
            "start": START.isoformat(),
            "end": (START + self.day.steps * self.resolution).isoformat(),
            "resolution": f"PT{RESOLUTION_MINUTES[self.day.steps]}M",
            "timezone": "UTC",
            "flex_context": self._context(),
            "devices": [
                {"name": f"device-{i:02}", "type": "storage", "flex_model": make[i % DEVICES_PER_HOME]()}
                for i in range(self.day.devices)
            ],
        }

    def _context(self) -> dict[str, Any]:
        market = self._market_price()
        context: dict[str, Any] = {
            # a network charge on consumption, a trader's margin on production
            "consumption-price": self._hourly(market + 30),
            "production-price": self._hourly(market - 5),
            "site-power-capacity": f"{17 * self.homes} kW",
            "inflexible-consumption": [self._series(self._load_kw(), "kW")],
            "inflexible-production": [self._series(self._sun_kw(), "kW")],
            "relax-constraints": False,
        }
        if self.day.kind == "peaks":
            context["site-peak-consumption"] = f"{2 * self.homes} kW"
            context["site-peak-consumption-price"] = "0.26 EUR/kW"
        return context

    def _market_price(self) -> Array:
        """EUR/MWh of each hour: dear mornings and evenings, cheap noons; on negative days far below zero."""
        hour = np.arange(np.ceil(self.hours[-1] + 1e-9) + 1)
        noon = 150 if self.day.kind == "negative" else 45
        shape = 35 * _hump(hour, 8, 2) + 60 * _hump(hour, 19.5, 2.5) - noon * _hump(hour, 13, 3)
        level = 75 + 15 * self.random.standard_normal()
        price: Array = level + shape + 6 * self.random.standard_normal(hour.size)
        return price

    def _load_kw(self) -> Array:
        shape = 0.3 + 0.6 * _hump(self.hours, 7.5, 1.2) + 1.1 * _hump(self.hours, 18.5, 2)
        load: Array = self.homes * shape * self.random.gamma(8, 1 / 8, self.hours.size)
        return load

    def _sun_kw(self) -> Array:
        clear = np.maximum(np.sin((self.hours % 24 - 6) / 12 * np.pi), 0) ** 1.3
        sun: Array = self.homes * 4.5 * clear * self.random.uniform(0.4, 1, self.hours.size)
        return sun

    def _battery(self) -> dict[str, Any]:
        size = self.random.uniform(8, 14)
        return {
            "soc-at-start": f"{size * self.random.uniform(0.1, 0.6):.3f} kWh",
            "soc-min": f"{size * 0.05:.3f} kWh",
            "soc-max": f"{size:.3f} kWh",
            "power-capacity": f"{self.random.uniform(3.5, 6):.3f} kW",
            "roundtrip-efficiency": f"{self.random.uniform(86, 95):.2f}%",
        }

    def _car(self) -> dict[str, Any]:
        """Away on every day; by departure it must hold four fifths."""
        size = self.random.uniform(50, 70)
        away = (self.hours % 24 >= DEPARTURE_HOUR) & (self.hours % 24 < RETURN_HOUR)
        trip_kw = self.random.uniform(6, 14) / (RETURN_HOUR - DEPARTURE_HOUR)
        days = range(int(np.ceil(self.hours[-1] / 24)))
        departures = [START + timedelta(days=day, hours=DEPARTURE_HOUR) for day in days]
        return {
            "soc-at-start": f"{size * self.random.uniform(0.4, 0.6):.3f} kWh",
            "soc-min": f"{size * 0.1:.3f} kWh",
            "soc-max": f"{size:.3f} kWh",
            "soc-minima": [
                {"value": f"{size * 0.8:.3f} kWh", "datetime": departure.isoformat()}
                for departure in departures
            ],
            "soc-usage": [self._series(np.where(away, trip_kw, 0), "kW")],
            "power-capacity": "11 kW",
            "consumption-capacity": self._series(np.where(away, 0, 11), "kW"),
            "production-capacity": "0 kW",
            "charging-efficiency": f"{self.random.uniform(88, 94):.2f}%",
        }

    def _heat_buffer(self) -> dict[str, Any]:
        """A heat pump fills it, the house draws from it."""
        shape = 1.2 + 2 * _hump(self.hours, 7, 1.5) + 1.5 * _hump(self.hours, 20, 2.5)
        return {
            "soc-at-start": "8 kWh",
            "soc-min": "1 kWh",
            "soc-max": f"{self.random.uniform(14, 22):.3f} kWh",
            "soc-usage": [self._series(shape * self.random.uniform(0.7, 1.1), "kW")],
            "power-capacity": "3 kW",
            "consumption-capacity": "3 kW",
            "production-capacity": "0 kW",
            "charging-efficiency": f"{self.random.uniform(260, 340):.1f}%",
            "storage-efficiency": "99.9%",
        }

    def _series(self, values: Array, unit: str) -> dict[str, Any]:
        return _series(values, unit, RESOLUTION_MINUTES[self.day.steps])

    def _hourly(self, price: Array) -> dict[str, Any]:
        return _series(price, "EUR/MWh", 60)


def _series(values: Array, unit: str, minutes: int) -> dict[str, Any]:
    rounded = np.round(values, 4).tolist()
    return {
        "series": {
            "start": START.isoformat(),
            "resolution": f"PT{minutes}M",
            "unit": unit,
            "values": rounded,
        }
    }


def _hump(hours: NDArray[np.floating[Any]], centre: float, width: float) -> Array:
    """1 at an hour of each day, falling off on both sides."""
    away = np.abs(hours % 24 - centre)
    hump: Array = np.exp(-0.5 * (np.minimum(away, 24 - away) / width) ** 2)
    return hump
