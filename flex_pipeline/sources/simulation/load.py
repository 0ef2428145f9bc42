"""What people use: the shape of a week, the season and chance."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

import numpy as np

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources.simulation.base import EnergyKwh, SimulatedSource
from flex_pipeline.sources.simulation.draw import generator, smooth
from flex_pipeline.sources.simulation.local_days import Array, LocalDays
from flex_pipeline.sources.simulation.profiles import PROFILES


def profile_kw(name: str, series: str, average_kw: float, days: LocalDays) -> Array:
    """Power of a kind of user with about this mean over a year [kW]."""
    profile = PROFILES[name]
    weekday = days.per_day(np.array([float(day.weekday()) for day in days.days]))
    use = profile.week(days.hour, weekday) * (1 + profile.winter * np.cos(days.year_angle))

    def steady(day: date, count: int) -> Array:
        rng = generator(series, day)
        flicker = 0.6 * smooth(rng, count, 4) + 0.8 * smooth(rng, count, 0.6)
        return np.asarray((1 - profile.appliances) * np.exp(profile.noise * flicker))

    def appliances(day: date, count: int) -> Array:
        today = use[days.slices[(day - days.first).days]]
        return _appliances(generator(series, "appliances", day), today, profile.appliances)

    return average_kw * (use * days.each(steady) + days.each(appliances))


def _appliances(rng: np.random.Generator, use: Array, share: float) -> Array:
    """Blocks of one to four steps, more of them while much is used; on average `share` of the use."""
    count, mean_block = len(use), 3.0 * 2.5  # relative power times steps
    starts = rng.random(count) < share * use / mean_block
    heights, lengths = rng.uniform(1.5, 4.5, count), rng.integers(1, 5, count)
    blocks = np.zeros(count)
    for start in np.flatnonzero(starts):
        block = slice(start, start + lengths[start])
        blocks[block] = np.maximum(blocks[block], heights[start])
    return blocks


class Load(SimulatedSource):
    """Electric power of a home, an office or a workshop. Its chance is the sensor's own by default."""

    unit: ClassVar[str] = "kW"
    simulated: Literal["load"]
    profile: Literal["home", "office", "workshop"]
    yearly: EnergyKwh

    def values(self, days: LocalDays, sensor: Sensor) -> Array:
        """Power [kW], consumption."""
        return profile_kw(self.profile, f"load/{self.seed or sensor.name}", self.yearly / 8766, days)
