"""What was known of other sensors by each origin: nothing that was believed later is in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from flex_pipeline.forecasting.known import known_before
from flex_pipeline.forecasting.origins import HORIZON
from flex_pipeline.forecasting.wall_clock import WallClock
from flex_pipeline.portfolio.sensor import Sensor

DAY = timedelta(days=1)
MOST_DAYS_AGO = 7  # an older value of a past regressor says no more than none
EPOCH = date(1970, 1, 1)


def as_seen(
    sensor: Sensor,
    others: Mapping[str, Sensor],
    beliefs: pl.DataFrame,
    *,
    origin: datetime,
    since: datetime,
    end: datetime,
) -> pl.DataFrame | None:
    """The regressors of a sensor for its steps in [since, end), as origins at the time of day of `origin` saw them.

    `others`: the regressors; `beliefs`: sensor, event_start, belief_time, value of theirs, later ones last. Result:
    event_start, lead_days, and a column for each role and regressor: at lead i what the origin knew that was the
    last not to know the day i days before. None for a sensor without regressors.
    """
    if not others:
        return None
    first = since.astimezone(ZoneInfo(sensor.timezone)).replace(minute=0, second=0, microsecond=0)
    steps = pl.datetime_range(
        first.astimezone(UTC), end, sensor.resolution, closed="left", eager=True, time_unit="us"
    )
    grid = pl.DataFrame({"event_start": steps})
    parts = beliefs.filter(pl.col("belief_time") <= origin).partition_by("sensor", as_dict=True)
    seen = []
    for lead, offset in enumerate(_origins_before(sensor, origin, end)):
        at = grid.with_columns(lead_days=pl.lit(lead, pl.Int64))
        for role, name in _roles(sensor):
            believed = parts.get((name,), beliefs.clear())
            known = _known(believed, role, sensor.timezone, origin, offset)
            at = _on_grid(at, known, f"{role}: {name}", sensor.resolution, others[name].resolution)
        seen.append(at)
    return pl.concat(seen)


def _roles(sensor: Sensor) -> Iterator[tuple[str, str]]:
    for role in ("past", "future"):
        yield from ((role, name) for name in getattr(sensor.regressors, role))


def _origins_before(sensor: Sensor, origin: datetime, end: datetime) -> Iterable[int]:
    """For each lead, how many days before the day of a step the origin lies."""
    timezone, clock = ZoneInfo(sensor.timezone), WallClock(sensor.timezone, sensor.resolution)
    first_unknown = EPOCH + clock.bound(known_before(sensor, origin)) // clock.per_day * DAY
    ahead = (first_unknown - origin.astimezone(timezone).date()).days
    last = max(end, origin + HORIZON).astimezone(timezone).date()
    # one more than the longest lead, for the hour after the last
    return range(ahead, ahead + (last - first_unknown).days + 2)


def _known(
    believed: pl.DataFrame, role: str, timezone: str, origin: datetime, days_before: int
) -> pl.DataFrame:
    """What one origin a day knew of the steps of the day that lies so many days after it: event_start, value."""
    days_ago = range(1, MOST_DAYS_AGO + 1) if role == "past" else range(1)
    shifted = pl.concat(
        believed.with_columns(event_start=pl.col("event_start") + days * DAY, ago=pl.lit(days))
        for days in days_ago
    )
    return (
        shifted.filter(pl.col("belief_time") <= _seen_at(timezone, origin, days_before))
        .sort("event_start", "ago", descending=[False, True], maintain_order=True)
        .unique("event_start", keep="last", maintain_order=True)
        .select("event_start", "value")
    )


def _seen_at(timezone: str, origin: datetime, days_before: int) -> pl.Expr:
    """The origin of a step, at the local time of day of `origin`."""
    local = origin.astimezone(ZoneInfo(timezone))
    day = pl.col("event_start").dt.convert_time_zone(timezone).dt.date()
    at = (day - timedelta(days=days_before)).dt.combine(local.time())
    aware = at.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    return aware.dt.convert_time_zone("UTC").fill_null(origin)


def _on_grid(
    grid: pl.DataFrame, known: pl.DataFrame, name: str, step: timedelta, step_of_known: timedelta
) -> pl.DataFrame:
    """With a column of values: of the longer step that each step lies in, or the mean of the shorter ones in it."""
    if step_of_known > step:
        within = pl.col("event_start").dt.truncate(step_of_known).alias("longer")
        renamed = known.rename({"event_start": "longer", "value": name})
        return grid.with_columns(within).join(renamed, on="longer", how="left").drop("longer")
    mean = known.group_by(pl.col("event_start").dt.truncate(step)).agg(pl.col("value").mean().alias(name))
    return grid.join(mean, on="event_start", how="left", maintain_order="left")
