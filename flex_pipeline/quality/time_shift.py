"""Series that are right but for their clock.

The sun and the market give it away. Panels give nothing before sunrise, and their day follows the height of the
sun; a day-ahead market publishes whole days, so that what is published ends at a midnight of its zone.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from flex_pipeline.portfolio.sensor import Kind, Sensor
from flex_pipeline.quality.verdict import Verdict
from flex_pipeline.timeseries.grid import local_day
from flex_pipeline.timeseries.sun import Floats, sun

RULE = "clock"
DARK_WITHOUT_SUN: tuple[Kind, ...] = ("pv", "irradiance")

HALF_HOUR, HOUR = timedelta(minutes=30), timedelta(hours=1)
FURTHEST = timedelta(hours=12)
HORIZON_DEG = -0.83  # the upper rim of the sun, through the air
# a meter's noise at night is less
SHARE_IN_THE_DARK = 0.003
ENOUGH_LIGHT = timedelta(hours=3)
# How much better another clock must explain the day. With it, of 498 days of a roof in France and one in Bangkok
# 9 were named though in time; of the same days 1 h late 261 were named, and 474 of those 2 h late.
BETTER_BY = 0.015
# panels that look east or west have their noon that much earlier or later
KNOWN_TO = timedelta(minutes=45)


def judge_clock(readings: pl.DataFrame, sensor: Sensor, day: date) -> Verdict:
    """Whether the day of a sensor that is zero in the dark follows the sun over its site; a warning if not.

    `readings`: event_start (UTC), value; those of other days are left out.
    """
    grid = local_day(day, ZoneInfo(sensor.timezone), sensor.resolution)
    of_day = readings.filter(pl.col("event_start").is_between(grid.start_utc, grid.end_utc, closed="left"))
    late = None
    if sensor.latitude is not None and sensor.longitude is not None:
        late = solar_shift(of_day, sensor.resolution, sensor.latitude, sensor.longitude)
    if late is None:
        return Verdict(sensor.name, day, RULE, True, "warning", "in time with the sun", ())
    observed = (
        f"the day is about {in_words(late)} for the sun over the site{_cause(late, sensor, grid.start_utc)}"
    )
    return Verdict(sensor.name, day, RULE, False, "warning", observed, ())


def solar_shift(
    day: pl.DataFrame, resolution: timedelta, latitude: float, longitude: float
) -> timedelta | None:
    """How late (negative: early) a day of sunshine is, to about half an hour; None if it is in time.

    `day`: event_start (UTC), value of a sensor that is zero in the dark. A shift is only named where a part of
    the values lies in the dark and another clock explains the day better.
    """
    seen = day.drop_nulls("value").filter(pl.col("value").is_finite())
    power = np.clip(seen["value"].to_numpy(), 0.0, None)
    if int(np.count_nonzero(power)) * resolution < ENOUGH_LIGHT:
        return None
    middle = (seen["event_start"] + resolution / 2).dt.replace_time_zone(None).to_numpy()

    def height_deg(late: timedelta) -> Floats:
        true: NDArray[np.datetime64] = np.subtract(middle, np.timedelta64(late))
        return sun(true, latitude, longitude).elevation_deg

    as_given = height_deg(timedelta(0))
    if _in_the_dark(power, as_given) < SHARE_IN_THE_DARK:
        return None
    shifts = [n * HALF_HOUR for n in range(-(FURTHEST // HALF_HOUR), FURTHEST // HALF_HOUR + 1)]
    likeness = [_likeness(power, height_deg(late)) for late in shifts]
    best = int(np.argmax(likeness))
    return shifts[best] if likeness[best] > _likeness(power, as_given) + BETTER_BY else None


def _in_the_dark(power: Floats, height_deg: Floats) -> float:
    """The share of the energy that came while the sun was down."""
    return float(power[height_deg < HORIZON_DEG].sum() / power.sum())


def _likeness(power: Floats, height_deg: Floats) -> float:
    """How much of the day follows the height of the sun: 1 for a clear sky on a flat panel."""
    light = np.clip(np.sin(np.radians(height_deg)), 0.0, None)
    norm = float(np.linalg.norm(power) * np.linalg.norm(light))
    return float(power @ light) / norm if norm else 0.0


def _cause(late: timedelta, sensor: Sensor, instant: datetime) -> str:
    """The mistake that would shift a series like this, if one would."""
    offset = instant.astimezone(ZoneInfo(sensor.timezone)).utcoffset() or timedelta(0)
    mistakes = {
        offset: f"local times of {sensor.timezone} read as UTC",
        -offset: f"times in UTC read as local times of {sensor.timezone}",
        HOUR: "summer time read as standard time",
        -HOUR: "standard time read as summer time",
    }
    likely = min(mistakes, key=lambda mistake: abs(mistake - late))
    return f", as if by {mistakes[likely]}" if likely and abs(likely - late) <= KNOWN_TO else ""


def publication_shift(known_until: datetime, day_end: datetime) -> timedelta | None:
    """How late (negative: early) a day-ahead series is that ends at `known_until` near the end of a local day.

    None where it ends at that midnight, or so far from it that other days are known or this one is not.
    """
    late = known_until - day_end
    return late if late and abs(late) < FURTHEST else None


def in_words(late: timedelta) -> str:
    """ "2 h late" or "1.5 h early".

    >>> in_words(timedelta(minutes=-90))
    '1.5 h early'
    """
    return f"{abs(late) / HOUR:g} h {'late' if late > timedelta(0) else 'early'}"
