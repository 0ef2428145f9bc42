"""Peaks of a billing period: what earlier days of it have reached is paid for already."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import Connection as Session

from flex_pipeline.planning.flows import fixed_flow
from flex_pipeline.planning.horizon import Horizon
from flex_pipeline.planning.problem import Values, grid_of, stated
from flex_pipeline.portfolio.fields import sensors_in
from flex_pipeline.portfolio.flex_context import ELECTRICITY, by_commodity, with_electricity
from flex_pipeline.portfolio.portfolio import BillingPeriod, Portfolio, Site
from flex_pipeline.timeseries.grid import Grid
from flex_pipeline.timeseries.variable_quantity import parse_variable_quantity
from flex_pipeline.warehouse.as_of import read_as_of
from flex_pipeline.warehouse.carried_over import read_net_power

Array = NDArray[np.float64]
Peaks = Mapping[tuple[str, str], float]  # kW ≥ 0, by commodity and field

SIGNS = {"site-peak-consumption": 1.0, "site-peak-production": -1.0}
FLOWS = ("inflexible-consumption", "inflexible-production")


def first_day(period: BillingPeriod, day: date) -> date:
    """The first day of the billing period of a day."""
    starts = {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}
    return starts[period]


def peaks_so_far(
    session: Session,
    portfolio: Portfolio,
    site: Site,
    day: date,
    seen: Horizon,
    recorded_by: datetime,
    run_id: int | None = None,
) -> Peaks:
    """The highest net power of the days before in the billing period, where a site pays for peaks.

    It is that of their plans, with their fixed flows as believed at the planning time, by what was recorded until
    then by the warehouse's clock: measured, where they are.
    `run_id`: by the plans that there were when this one was made.
    """
    priced = dict(_priced(site))
    first = first_day(portfolio.settings.billing_period, day)
    if not priced or first == day:
        return {}
    steps = read_net_power(session, site.site_id, first, day, run_id)
    grid = _days_before(first, seen, portfolio, ZoneInfo(site.timezone))
    values = _believed(session, portfolio, site, grid, seen, recorded_by)
    found: dict[tuple[str, str], float] = {}
    for commodity, (context, fields) in priced.items():
        of_it = steps.filter(pl.col("commodity") == commodity)
        if of_it.height:
            fixed_kw = _fixed_kw(context, values, grid, ZoneInfo(site.timezone))
            net_kw = _realised(of_it, fixed_kw, grid)
            found |= {(commodity, field): max(0.0, float((SIGNS[field] * net_kw).max())) for field in fields}
    return found


def with_peaks(problem: Mapping[str, Any], peaks: Peaks) -> dict[str, Any]:
    """A problem file in which no peak that is paid for lies below what the days before have reached."""
    if not peaks:
        return dict(problem)
    grid, context = grid_of(problem), with_electricity(problem["flex_context"])

    def raised(entry: Mapping[str, Any]) -> dict[str, Any]:
        commodity = entry.get("commodity", ELECTRICITY)
        own = {field: kw for (of, field), kw in peaks.items() if of == commodity}
        return {
            **entry,
            **{field: _at_least(kw, entry.get(field, "0 kW"), grid) for field, kw in own.items()},
        }

    whole = raised(context)
    if "commodities" in whole:
        whole["commodities"] = [raised(entry) for entry in whole["commodities"]]
    return {**problem, "flex_context": whole}


def peak_notices(peaks: Peaks) -> Iterator[str]:
    """What a plan says of peaks that are paid for already."""
    for (commodity, field), kw in peaks.items():
        of = "" if commodity == ELECTRICITY else f"{commodity}: "
        yield f"{of}{field}: {kw:.3f} kW are paid for by the days before in the billing period"


def _priced(site: Site) -> Iterator[tuple[str, tuple[Mapping[str, Any], Collection[str]]]]:
    """The flex-contexts that have a price for peaks, by commodity, and the fields that it is for."""
    for context in by_commodity(site.flex_context, "").values():
        if fields := [field for field in SIGNS if f"{field}-price" in context]:
            yield context.get("commodity", ELECTRICITY), (context, fields)


def _days_before(first: date, seen: Horizon, portfolio: Portfolio, zone: ZoneInfo) -> Grid:
    start = datetime.combine(first, time(), zone).astimezone(UTC)
    return Grid.from_bounds(start, seen.start, portfolio.settings.resolution)


def _believed(
    session: Session, portfolio: Portfolio, site: Site, grid: Grid, seen: Horizon, recorded_by: datetime
) -> Values:
    flows = [{name: c.get(name, []) for name in FLOWS} for c in by_commodity(site.flex_context, "").values()]
    sensors = sorted(set(sensors_in(flows).values()))
    beliefs = read_as_of(
        session, sensors, grid.start_utc, grid.end_utc, seen.planning_time, recorded_by=recorded_by
    )
    parts = beliefs.partition_by("sensor", as_dict=True)
    return Values(portfolio, {name: parts.get((name,), beliefs.clear()) for name in sensors})


def _fixed_kw(context: Mapping[str, Any], values: Values, grid: Grid, zone: ZoneInfo) -> Array:
    """The fixed flows of a connection as they are believed (T,), kW; NaN where one is unknown."""
    flows = {name: context.get(name, []) for name in FLOWS}
    known = stated(flows, values, grid.start_utc, grid.end_utc, zone)
    return fixed_flow(known, "consumption", grid) - fixed_flow(known, "production", grid)


def _realised(steps: pl.DataFrame, fixed_kw: Array, grid: Grid) -> Array:
    """Net power of planned steps (n,), kW, with the fixed flows that are believed in place of the planned ones."""
    begins = steps["event_start"].dt.replace_time_zone(None).to_numpy()
    at = (begins - grid.edges[0]) // np.timedelta64(grid.resolution)
    more_kw = fixed_kw[at] - steps["fixed_kw"].to_numpy()
    return np.asarray(steps["net_power_kw"].to_numpy() + np.nan_to_num(more_kw))


def _at_least(kw: float, given: Any, grid: Grid) -> Any:
    """A power that is nowhere below another, as a problem file has it; unknown where it is not stated."""
    power = parse_variable_quantity(given, "power").on(grid, overlap="min")
    raised = np.where(power < kw, kw, power)
    if (raised == raised[0]).all():
        return f"{raised[0]:.9g} kW"
    return {
        "series": {
            "start": grid.start_utc.isoformat(),
            "resolution": f"PT{int(grid.resolution.total_seconds() // 60)}M",
            "unit": "kW",
            "values": [None if np.isnan(value) else round(value, 9) for value in raised.tolist()],
        }
    }
