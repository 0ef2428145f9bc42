"""A day-ahead market with much sun and wind: the Dutch one, about."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources.simulation.base import PriceEurPerMwh, SimulatedSource
from flex_pipeline.sources.simulation.draw import generator, persistent, smooth
from flex_pipeline.sources.simulation.local_days import Array, LocalDays
from flex_pipeline.sources.simulation.weather import weather_at

_MIDDLE_OF_THE_MARKET = (52.2, 5.3)  # latitude and longitude whose sun moves the price
_HOURS = np.arange(0, 25, 2)
#                    0    2    4    6    8   10   12   14   16   18   20   22   24 h
_WORKDAY = np.array([-12, -18, -17, 2, 24, 12, 6, 4, 10, 34, 40, 8, -12])  # EUR/MWh around the level
_WEEKEND = np.array([-14, -22, -25, -24, -12, -8, -10, -14, -6, 20, 26, 2, -14])


class Price(SimulatedSource):
    """Day-ahead price: two peaks, a solar dip, cheap weekends and windy days; below zero on sunny weekends.

    Its chance is the sensor's own by default.
    """

    unit: ClassVar[str] = "EUR/MWh"
    simulated: Literal["price"]
    level: PriceEurPerMwh = 85.0

    def values(self, days: LocalDays, sensor: Sensor) -> Array:
        """The price [EUR/MWh]."""
        series = f"price/{self.seed or sensor.name}"
        weekend = days.per_day(np.array([float(day.weekday() >= 5) for day in days.days]))
        shape = np.where(
            weekend, np.interp(days.hour, _HOURS, _WEEKEND), np.interp(days.hour, _HOURS, _WORKDAY)
        )
        season = 0.12 * self.level * np.cos(days.year_angle)
        sun = weather_at(days, *_MIDDLE_OF_THE_MARKET).irradiance_w_m2
        # over a whole market clouds average out: here over three hours, of the same day only
        three_hours = np.full(13, 1 / 13)
        solar = np.concatenate([np.convolve(sun[today], three_hours, "same") for today in days.slices])
        wind = days.drifting(lambda day: 15 * persistent(f"{series}/wind", day))
        noise = days.each(lambda day, count: 2.5 * smooth(generator(series, day), count, 4))
        price = self.level + season + shape - 0.13 * solar + wind + noise
        # few sell far below zero: they switch off
        return np.asarray(np.where(price < 0, 0.6 * price, price))
