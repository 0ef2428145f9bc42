"""A site-day for drawing, from what is stored."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Engine

from flex_pipeline.plots.schedule import CommodityDay, SiteDay, bounds_of
from flex_pipeline.plots.style import Array
from flex_pipeline.portfolio.flex_context import ELECTRICITY
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.plans import NotStoredError, read_connection_steps, read_device_steps


def site_day(engine: Engine, portfolio: Portfolio, site_id: str, day: date) -> SiteDay:
    """The plan in force of a site for a local day. NotStoredError when there is none."""
    with engine.connect() as session:
        connections = read_connection_steps(session, site_id, day)
        devices = read_device_steps(session, site_id, day)
    if connections.is_empty():
        raise NotStoredError(f"there is no plan of {site_id} for {day}; make it with flex-pipeline backfill")
    steps = connections.filter(pl.col("commodity") == ELECTRICITY)
    others = connections.filter(pl.col("commodity") != ELECTRICITY).partition_by("commodity")
    hours = (steps["event_end"][0] - steps["event_start"][0]).total_seconds() / 3600
    named = devices.partition_by("device_id", as_dict=True)
    bounds = {device.name: bounds_of(device.flex_model) for device in portfolio.site(site_id).devices}
    return SiteDay(
        site_id=site_id,
        day=day,
        timezone=ZoneInfo(portfolio.site(site_id).timezone),
        starts=steps["event_start"].dt.replace_time_zone(None).to_numpy(),
        step_hours=hours,
        price=_column(steps, "consumption_price"),
        device_power_kw=_powers(devices, ELECTRICITY),
        inflexible_consumption_kw=_column(steps, "inflexible_consumption_kw"),
        inflexible_production_kw=_column(steps, "inflexible_production_kw"),
        net_power_kw=_column(steps, "net_power_kw"),
        baseline_net_power_kw=_column(steps, "baseline_net_power_kw"),
        consumption_capacity_kw=_column(steps, "consumption_capacity_kw"),
        production_capacity_kw=_column(steps, "production_capacity_kw"),
        soc_kwh={
            _name(str(key[0])): part["soc_kwh"].to_numpy()
            for key, part in named.items()
            if part["soc_kwh"].null_count() == 0
        },
        cost=_cost(connections, "net_power_kw", hours),
        baseline_cost=_cost(connections, "baseline_net_power_kw", hours),
        currency=portfolio.settings.currency,
        commodities=tuple(_commodity(part, devices) for part in others),
        soc_bounds_kwh={name: pair for name, pair in bounds.items() if pair is not None},
    )


def _commodity(steps: pl.DataFrame, devices: pl.DataFrame) -> CommodityDay:
    name = steps["commodity"][0]
    flows = ("inflexible_consumption_kw", "inflexible_production_kw", "net_power_kw")
    return CommodityDay(name, _powers(devices, name), *(_column(steps, flow) for flow in flows))


def _powers(devices: pl.DataFrame, commodity: str) -> dict[str, Array]:
    """Power (T,) in kW of the devices on a commodity, by name."""
    parts = devices.filter(pl.col("commodity") == commodity).partition_by("device_id", as_dict=True)
    return {_name(str(key[0])): part["power_kw"].to_numpy() for key, part in parts.items()}


def _cost(connections: pl.DataFrame, net_kw: str, hours: float) -> float:
    """What the energy of all connections costs."""
    net, buy, sell = (
        connections[name].to_numpy() for name in (net_kw, "consumption_price", "production_price")
    )
    return float(hours * (buy * net.clip(min=0) + sell * net.clip(max=0)).sum())


def _column(steps: pl.DataFrame, name: str) -> Array:
    """NaN where nothing is stored."""
    return steps[name].cast(float).fill_null(float("nan")).to_numpy()


def _name(device_id: str) -> str:
    return device_id.split("/")[1]
