"""What came of planned days: prices and flows as they were measured, and what else the devices might have done."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from flex_pipeline.planning.day_costs import (
    PASSIVE,
    PLANNED,
    REALISED,
    Measured,
    cost_rows,
    planned_flows,
    realised_flows,
)
from flex_pipeline.planning.flows import emission_intensity, energy_price, fixed_flow
from flex_pipeline.planning.peaks import first_day
from flex_pipeline.planning.plan_rows import device_steps, rows_of
from flex_pipeline.planning.problem import Values, stated
from flex_pipeline.planning.state_of_charge import measured_by
from flex_pipeline.portfolio.flex_context import ELECTRICITY, by_commodity
from flex_pipeline.portfolio.portfolio import Device, Portfolio, Site
from flex_pipeline.scheduling import Problem, baseline, read_problem
from flex_pipeline.scheduling.day_costs import first_steps
from flex_pipeline.timeseries.grid import Grid, local_day
from flex_pipeline.timeseries.units import measures, parse_quantity, unit_inside
from flex_pipeline.timeseries.variable_quantity import parse_length, parse_variable_quantity
from flex_pipeline.warehouse.as_of import read_as_of
from flex_pipeline.warehouse.day_costs import read_connections, read_devices, read_peaks
from flex_pipeline.warehouse.lateness import note_read
from flex_pipeline.warehouse.outcomes import Outcome, replace_outcomes
from flex_pipeline.warehouse.plans import StoredRun, lock_site_days, read_run
from flex_pipeline.warehouse.recording import reading_time

Array = NDArray[np.float64]
Beliefs = Mapping[str, pl.DataFrame]

LOW, HIGH = 0.1, 0.9
CHARGE_AT_ONCE = "charge at once"
MEASURED = ("reading", "repair")
# a coarser price may begin an hour before the day does
BEFORE = timedelta(hours=1)


@dataclass(frozen=True)
class Planned:
    """A site-day with its plan in force; `grid` has the steps of the day."""

    site: Site
    day: date
    run: StoredRun
    grid: Grid


def measuring_sensors(site: Site) -> frozenset[str]:
    """Names of the sensors that tell what came of a day of a site."""
    meters = {device.meter for device in site.devices} | {measured_by(device) for device in site.devices}
    return site.sensors | {name for name in meters if name}


def note_outcomes(engine: Engine, portfolio: Portfolio, day: date, now: datetime) -> int:
    """Store what is known by now of a planned day, in the place of what was known before. Gives its site-days.

    Once more after late readings or corrections: then it is they that are stored.
    """
    read_at = reading_time(engine)
    with engine.begin() as session:
        lock_site_days(session, [site.site_id for site in portfolio.sites], day)
        planned = list(_planned(session, portfolio, day))
        measured = _read(session, planned, now, MEASURED)
        values = Values(portfolio, measured)
        found = [_outcome(session, portfolio, each, values) for each in planned]
        site_ids = [site.site_id for site in portfolio.sites]
        replace_outcomes(session, day, site_ids, [each.run.run_id for each in planned], found)
        note_read(session, [each.site.site_id for each in planned], day, read_at)
    return len(planned)


def _planned(session: Session, portfolio: Portfolio, day: date) -> Iterator[Planned]:
    for site in portfolio.sites:
        if run := read_run(session, site.site_id, day):
            # in the steps of the plan, whatever those of the settings have become since
            given = run.problem["problem"]
            step = parse_length(given["resolution"]) if given else portfolio.settings.resolution
            yield Planned(site, day, run, local_day(day, ZoneInfo(site.timezone), step))


def _outcome(session: Session, portfolio: Portfolio, planned: Planned, measured: Values) -> Outcome:
    contexts = _connections(planned, measured)
    site, devices = _site_rows(planned, contexts), _device_rows(planned, measured)
    if planned.run.problem["problem"] is None:
        return Outcome(site, devices)
    problem = read_problem(planned.run.problem["problem"])
    return Outcome(
        site,
        devices,
        _band_rows(session, portfolio, planned),
        _alternative_rows(planned, problem),
        _cost_rows(session, portfolio, planned, problem, contexts, Measured.of(site, devices)),
    )


def _read(
    session: Session,
    planned: Collection[Planned],
    as_of: datetime,
    types: tuple[str, ...],
    quantile: float = 0.5,
) -> dict[str, pl.DataFrame]:
    """What was believed of all sensors of some site-days, by sensor."""
    if not planned:
        return {}
    names = sorted(frozenset[str]().union(*(measuring_sensors(each.site) for each in planned)))
    start = min(each.grid.start_utc for each in planned) - BEFORE
    # a stock at the end of the day is the first value after it
    end = max(each.grid.end_utc for each in planned) + BEFORE
    beliefs = read_as_of(session, names, start, end, as_of, types, quantile=quantile)
    parts = beliefs.partition_by("sensor", as_dict=True)
    return {name: parts.get((name,), beliefs.clear()) for name in names}


def _site_rows(planned: Planned, contexts: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """The rows of flex.site_outcome."""
    grid = planned.grid
    frames = []
    for connection in contexts:
        columns = {
            "site_id": [planned.site.site_id] * grid.n,
            "commodity": [connection.get("commodity", ELECTRICITY)] * grid.n,
            "consumption_price": energy_price(connection, "consumption", grid),
            "production_price": energy_price(connection, "production", grid),
            "inflexible_consumption_kw": fixed_flow(connection, "consumption", grid),
            "inflexible_production_kw": fixed_flow(connection, "production", grid),
            "consumption_emissions": emission_intensity(connection, "consumption", grid),
            "production_emissions": emission_intensity(connection, "production", grid),
        }
        frames.append(rows_of(_steps(planned) | columns))
    return pl.concat(frames)


def _connections(planned: Planned, values: Values) -> list[Mapping[str, Any]]:
    """The flex-context of each commodity on the day, with values in place of sensors; electricity's first."""
    site, grid = planned.site, planned.grid
    context = stated(site.flex_context, values, grid.start_utc, grid.end_utc, ZoneInfo(site.timezone))
    return list(by_commodity(context, "").values())


def _device_rows(planned: Planned, measured: Values) -> pl.DataFrame:
    """The rows of flex.device_outcome, of those devices that have a meter or a measured stock."""
    frames = []
    for device in planned.site.devices:
        power_kw, soc_kwh = _power(device, planned.grid, measured), _stock(device, planned.grid, measured)
        if not np.isnan([power_kw, soc_kwh]).all():
            rows = {
                "device_id": [device.device_id] * planned.grid.n,
                "power_kw": power_kw,
                "soc_kwh": soc_kwh,
            }
            frames.append(rows_of(_steps(planned) | rows))
    return pl.concat(frames) if frames else pl.DataFrame()


def _steps(planned: Planned) -> dict[str, Any]:
    edges = planned.grid.edges
    return {"date": [planned.day] * planned.grid.n, "event_start": edges[:-1], "event_end": edges[1:]}


def _power(device: Device, grid: Grid, measured: Values) -> Array:
    """What the meter of a device says (T,), kW; NaN where it says nothing."""
    if device.meter is None:
        return np.full(grid.n, np.nan)
    series = measured.series(device.meter, grid.start_utc, grid.end_utc)
    return parse_variable_quantity({"series": series}, "power").on(grid)


def _stock(device: Device, grid: Grid, measured: Values) -> Array:
    """What was measured in store at the end of each step (T,), kWh; NaN where nothing was."""
    stock_kwh = np.full(grid.n, np.nan)
    sensor = measured_by(device)
    if sensor is None or (one_kwh := _kwh(device, measured.portfolio.sensors[sensor].unit)) is None:
        return stock_kwh
    rows = measured.beliefs[sensor]
    at = rows["event_start"].dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
    _, step, row = np.intersect1d(grid.edges[1:], at, return_indices=True)
    stock_kwh[step] = one_kwh * rows["value"].to_numpy()[row]
    return stock_kwh


def _kwh(device: Device, unit: str) -> float | None:
    """How much one unit of a measured stock is; None where it is a share of a size that varies."""
    if measures(unit, "energy"):
        return unit_inside(unit, "energy").value
    size = device.flex_model.get("soc-max")
    if not isinstance(size, str):
        return None
    return unit_inside(unit, "ratio").value * parse_quantity(size, "energy").value


def _cost_rows(
    session: Session,
    portfolio: Portfolio,
    planned: Planned,
    problem: Problem,
    contexts: Sequence[Mapping[str, Any]],
    measured: Measured,
) -> pl.DataFrame:
    """The rows of flex.day_cost."""
    run_id, day = planned.run.run_id, first_steps(problem, planned.grid.n)
    stored = read_connections(session, run_id), read_devices(session, run_id)
    flows = planned_flows(*stored)
    ways = {
        PLANNED: flows,
        PASSIVE: planned_flows(*stored, prefix="baseline_"),
        REALISED: realised_flows(day, flows, measured),
    }
    first = first_day(portfolio.settings.billing_period, planned.day)
    paid = read_peaks(session, planned.site.site_id, first, planned.day)
    by_commodity = {context.get("commodity", ELECTRICITY): context for context in contexts}
    rows = cost_rows(day, ways, measured, by_commodity, paid)
    return rows.with_columns(run_id=run_id, billing_period=first)


def _band_rows(session: Session, portfolio: Portfolio, planned: Planned) -> pl.DataFrame:
    grid, as_of = planned.grid, planned.run.planning_time
    point = _read(session, [planned], as_of, (*MEASURED, "forecaster"))
    columns: dict[str, Any] = {"run_id": [planned.run.run_id] * grid.n, "event_start": grid.starts}
    for name, quantile, widest in (("low", LOW, np.fmin), ("high", HIGH, np.fmax)):
        at_quantile = _read(session, [planned], as_of, ("forecaster",), quantile)
        flows = (_flows(planned, Values(portfolio, given)) for given in (point, _instead(point, at_quantile)))
        for direction, (usual, at) in zip(
            ("consumption", "production"), zip(*flows, strict=True), strict=True
        ):
            columns[f"inflexible_{direction}_{name}_kw"] = widest(usual, at)
    return rows_of(columns).drop_nulls()


def _flows(planned: Planned, values: Values) -> tuple[Array, Array]:
    electricity, *_ = _connections(planned, values)
    grid = planned.grid
    return fixed_flow(electricity, "consumption", grid), fixed_flow(electricity, "production", grid)


def _instead(point: Beliefs, at_quantile: Beliefs) -> dict[str, pl.DataFrame]:
    """Forecasts at a quantile in the place of those of the middle; what was read is no forecast."""
    found = {}
    for name, rows in point.items():
        other = at_quantile[name].select("event_start", at_quantile="value")
        is_forecast = (pl.col("source_type") == "forecaster") & pl.col("at_quantile").is_not_null()
        chosen = pl.when(is_forecast).then("at_quantile").otherwise("value")
        found[name] = rows.join(other, on="event_start", how="left", maintain_order="left").with_columns(
            value=chosen
        )
    return found


def _alternative_rows(planned: Planned, problem: Problem) -> pl.DataFrame:
    at_once = baseline(problem, fill_up=True)
    steps = device_steps(planned.site.site_id, at_once, planned.grid.n)
    return steps.with_columns(run_id=planned.run.run_id, name=pl.lit(CHARGE_AT_ONCE))
