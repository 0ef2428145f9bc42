"""What is known of a sensor at an instant."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flex_pipeline.portfolio.sensor import Sensor


def known_before(sensor: Sensor, instant: datetime) -> datetime:
    """The time (UTC) that the steps known at `instant` start before; a later step is not known yet."""
    if sensor.known.day_ahead is None:
        latest_start = instant.astimezone(UTC) - sensor.resolution - sensor.known.delay
        return latest_start + timedelta(microseconds=1)
    timezone = ZoneInfo(sensor.timezone)
    day = instant.astimezone(timezone).date() + timedelta(days=2)
    while (
        True
    ):  # the end of the latest day that is published: at most two days ahead of the one that has begun
        day_start = datetime.combine(day, time(), timezone).astimezone(UTC)
        if sensor.known.at(day_start - sensor.resolution, sensor.resolution, timezone) <= instant:
            return day_start
        day -= timedelta(days=1)
