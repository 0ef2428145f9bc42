"""Limits: the values a sensor can have, in its own unit."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.timeseries.units import measures, unit_inside

# no reading is infinite, so that an infinity breaks even the limit of a quantity without one
UNLIMITED = sys.float_info.max

# inverters and meters are a few per cent off, cold panels give more than their plate says
ABOVE_CAPACITY = 1.1
PLAUSIBLE_SITE_KW = 10_000.0
NIGHT_SHARE_OF_CAPACITY, NIGHT_KW = 0.01, 0.02  # what an inverter's measurement may say in the dark

# harmonised limits of the European day-ahead auction; other currencies have no common ones
PRICE_EUR_PER_KWH = (-0.5, 4.0)
# a day of EUR/kWh in a EUR/MWh series stays below 1 EUR/MWh; watts read as kilowatts break the maximum
SMALLEST_PRICE_PEAK_EUR_PER_KWH = 0.001
# kilowatts read as megawatts stay below a thousandth of the capacity
SMALLEST_PEAK_OF_CAPACITY = 0.001

# between a factor of a thousand, which is a unit, and of a hundred, which is summer after winter
UNUSUAL_PEAK = 300.0

# of the usual peak: in a calm market, or where little is measured, what stands out more is still nothing
LEAST_SPIKE = 0.4

EMISSIONS_KG_PER_KWH = 2.0  # the dirtiest lignite is at 1.3
TEMPERATURE_C = (-60.0, 60.0)
IRRADIANCE_W_M2 = (0.0, 1500.0)  # above the solar constant: broken clouds focus light
EFFICIENCY = (0.0, 15.0)


@dataclass(frozen=True)
class Limits:
    """In the unit of the sensor; None where nothing can be said.

    `night`: the most PV that may be measured in the dark. `smallest_peak`: a day whose largest absolute
    value is less, but not zero, was probably given in another unit. `fastest`: change per hour of a state.
    """

    low: float = -UNLIMITED
    high: float = UNLIMITED
    night: float | None = None
    smallest_peak: float | None = None
    fastest: float | None = None


def limits(sensor: Sensor) -> Limits:
    """As the sensor states them, else by its kind and capacity; ValueError when the unit is not of its kind."""
    stated = {"low": sensor.quality.minimum, "high": sensor.quality.maximum}
    return replace(_of_kind(sensor), **{name: limit for name, limit in stated.items() if limit is not None})


def _of_kind(sensor: Sensor) -> Limits:
    match sensor.kind:
        case "load" | "pv":
            return _power(sensor)
        case "power":
            one = unit_inside(sensor.unit, "power").value
            most = ABOVE_CAPACITY * sensor.capacity_kw if sensor.capacity_kw else PLAUSIBLE_SITE_KW
            return Limits(-most / one, most / one)
        case "price":
            return _price(sensor)
        case "emissions":
            one = unit_inside(sensor.unit, "emission intensity").value
            return Limits(0.0, EMISSIONS_KG_PER_KWH / one)
        case "temperature":
            return Limits(*TEMPERATURE_C)
        case "irradiance":
            return Limits(*IRRADIANCE_W_M2)
        case "efficiency":
            one = unit_inside(sensor.unit, "ratio").value
            return Limits(EFFICIENCY[0] / one, EFFICIENCY[1] / one)
        case "soc":
            is_share = measures(sensor.unit, "ratio")
            return Limits(0.0, 1.0 / unit_inside(sensor.unit, "ratio").value if is_share else UNLIMITED)
        case "meter-total":
            one = unit_inside(sensor.unit, "energy").value
            capacity_kw = sensor.capacity_kw or PLAUSIBLE_SITE_KW
            return Limits(low=0.0, fastest=ABOVE_CAPACITY * capacity_kw / one)
        case "heat" | "availability" | "usage" | "soc-minima" | "ev-session":
            return Limits(low=0.0)


def _power(sensor: Sensor) -> Limits:
    one = unit_inside(sensor.unit, "power").value
    if sensor.capacity_kw is None:
        return Limits(0.0, PLAUSIBLE_SITE_KW / one, NIGHT_KW / one if sensor.kind == "pv" else None)
    capacity = sensor.capacity_kw / one
    night = NIGHT_SHARE_OF_CAPACITY * capacity if sensor.kind == "pv" else None
    return Limits(0.0, ABOVE_CAPACITY * capacity, night, SMALLEST_PEAK_OF_CAPACITY * capacity)


def _price(sensor: Sensor) -> Limits:
    one = unit_inside(sensor.unit, "energy price")
    if one.currency != "EUR":
        return Limits()
    low, high = PRICE_EUR_PER_KWH
    return Limits(low / one.value, high / one.value, None, SMALLEST_PRICE_PEAK_EUR_PER_KWH / one.value)
