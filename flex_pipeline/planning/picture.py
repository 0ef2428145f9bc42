"""A site-day for drawing, from what is stored."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from flex_pipeline.plots.schedule import SiteDay
from flex_pipeline.plots.style import Array
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.plans import NotStoredError, read_device_steps, read_site_steps


def site_day(engine: Engine, portfolio: Portfolio, site_id: str, day: date) -> SiteDay:
    """The plan in force of a site for a local day. NotStoredError when there is none."""
    with engine.connect() as session:
        steps = read_site_steps(session, site_id, day)
        devices = read_device_steps(session, site_id, day).partition_by("device_id", as_dict=True)
    if steps.is_empty():
        raise NotStoredError(f"there is no plan of {site_id} for {day}; make it with flex-pipeline backfill")
    hours = (steps["event_end"][0] - steps["event_start"][0]).total_seconds() / 3600

    def cost(net_kw: str) -> float:
        net, buy, sell = (
            steps[name].to_numpy() for name in (net_kw, "consumption_price", "production_price")
        )
        return float(hours * (buy * net.clip(min=0) + sell * net.clip(max=0)).sum())

    def column(name: str) -> Array:
        return steps[name].cast(float).fill_null(float("nan")).to_numpy()

    named = {str(key[0]).split("/")[1]: part for key, part in devices.items()}
    return SiteDay(
        site_id=site_id,
        day=day,
        timezone=ZoneInfo(portfolio.site(site_id).timezone),
        starts=steps["event_start"].dt.replace_time_zone(None).to_numpy(),
        step_hours=hours,
        price=column("consumption_price"),
        device_power_kw={name: part["power_kw"].to_numpy() for name, part in named.items()},
        inflexible_consumption_kw=column("inflexible_consumption_kw"),
        inflexible_production_kw=column("inflexible_production_kw"),
        net_power_kw=column("net_power_kw"),
        baseline_net_power_kw=column("baseline_net_power_kw"),
        consumption_capacity_kw=column("consumption_capacity_kw"),
        production_capacity_kw=column("production_capacity_kw"),
        soc_kwh={
            name: part["soc_kwh"].to_numpy()
            for name, part in named.items()
            if part["soc_kwh"].null_count() == 0
        },
        cost=cost("net_power_kw"),
        baseline_cost=cost("baseline_net_power_kw"),
        currency=portfolio.settings.currency,
    )
