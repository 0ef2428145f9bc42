"""What the warehouse knows that the plans of a day need: one query of each kind, however many sites there are."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import polars as pl
from sqlalchemy import Connection as Session

from flex_pipeline.planning.checking import blocked_on
from flex_pipeline.planning.horizon import Horizon
from flex_pipeline.planning.peaks import Peaks, peaks_so_far
from flex_pipeline.planning.state_of_charge import near_start
from flex_pipeline.portfolio.portfolio import Device, Portfolio, Site
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.blocked import Blocked
from flex_pipeline.warehouse.as_of import read_as_of
from flex_pipeline.warehouse.carried_over import StoredOvernight, StoredStock, read_overnight, read_stock

MEASURED = ("reading", "repair")
BELIEVED = (*MEASURED, "forecaster")


@dataclass(frozen=True)
class Known:
    """What is held for planning some sites on a day, as of the planning time."""

    portfolio: Portfolio
    blocked: Blocked
    stock: Mapping[str, StoredStock]  # by device; those that were never planned lack
    beliefs: Mapping[str, pl.DataFrame]  # by sensor: event_start, value, source_type, source, by time
    recorded_by: datetime  # by the warehouse's clock
    peaks: Mapping[str, Peaks] = field(default_factory=dict)  # by site; those that pay for none have none
    overnight: Mapping[str, StoredOvernight] = field(default_factory=dict)  # by device; most lack

    def why_not(self, device: Device) -> str | None:
        """Why a device cannot be planned."""
        return self.blocked.reason if self.blocked.date else self.blocked.devices.get(device.device_id)


def read_known(
    session: Session,
    portfolio: Portfolio,
    sites: Collection[Site],
    day: date,
    seen: Collection[Horizon],
    recorded_by: datetime,
) -> Known:
    """Read what the plans of some sites need; `seen` are their horizons, which have one planning time.

    Beliefs that were recorded after `recorded_by`, a time of the warehouse's clock, are left out.
    """
    return Known(
        portfolio,
        blocked_on(session, portfolio, day),
        read_stock(session, [site.site_id for site in sites], day),
        read_beliefs(session, portfolio, sites, seen, recorded_by),
        recorded_by,
        {
            site.site_id: peaks_so_far(session, portfolio, site, day, horizon, recorded_by)
            for site, horizon in zip(sites, seen, strict=True)
        },
        read_overnight(session, [site.site_id for site in sites], day),
    )


def read_beliefs(
    session: Session,
    portfolio: Portfolio,
    sites: Collection[Site],
    seen: Collection[Horizon],
    recorded_by: datetime,
    types: tuple[str, ...] = BELIEVED,
) -> dict[str, pl.DataFrame]:
    """What is believed of each sensor of some sites at the planning time: event_start, value, source_type.

    Only beliefs of sources of some types: without forecasters, what was measured.
    """
    of_sites = {name for site in sites for name in site.sensors}
    used = sorted(of_sites.union(*(device.sensors for site in sites for device in site.devices)))
    (planning_time,) = {horizon.planning_time for horizon in seen}
    # a coarser price may begin an hour before the day does, and a stock be measured some steps before
    step = portfolio.settings.resolution
    first = min(near_start(horizon, step)[0] for horizon in seen)
    start = min(first, min(horizon.start for horizon in seen) - timedelta(hours=1))
    end = max(horizon.end for horizon in seen)
    beliefs = read_as_of(session, used, start, end, planning_time, types, recorded_by=recorded_by)
    parts = beliefs.partition_by("sensor", as_dict=True)
    held = {name: parts.get((name,), beliefs.clear()) for name in used}
    for name in used:
        if (sensor := portfolio.sensors[name]).is_sparse:
            held[name] = _asked(held[name], sensor, planning_time)
    return held


def _asked(beliefs: pl.DataFrame, sensor: Sensor, planning_time: datetime) -> pl.DataFrame:
    """Without what was forecast of steps that are known by now: they may ask for nothing."""
    # what is known of a step is known of all before it: 8 questions for the steps of two days and not 192
    first = bisect(
        beliefs["event_start"].to_list(), False, key=lambda step: not sensor.knows(step, planning_time)
    )
    return beliefs.filter((pl.int_range(pl.len()) >= first) | (pl.col("source_type") == "reading"))
