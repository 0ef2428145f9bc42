"""What the reports say of all sites, on a day and over a period: pages show these numbers and make none."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from flex_pipeline.planning.marts import COMPONENTS, read
from flex_pipeline.planning.picture import site_day
from flex_pipeline.plots.page import Rows
from flex_pipeline.plots.portfolio_day import SiteCost
from flex_pipeline.plots.portfolio_report import PortfolioReport
from flex_pipeline.plots.waterfall import components_of
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.plans import NotStoredError

MONEY = """
    select
        site_id, sum(cost) as cost, sum(baseline_cost) as baseline_cost,
        sum(baseline_cost) - sum(cost) as saving,
        case when bool_and(realised_cost is not null) then sum(realised_cost) end as realised_cost
    from reports.cost_component_daily
    where date between :first and :last
    group by site_id
"""
DAY = f"""
    with money as ({MONEY}),
    -- of the newest day of a month that could be compared
    regret as (
        select distinct on (site_id) site_id, date as regret_date, regret
        from reports.regret_daily
        where date between cast(:last as date) - 31 and :last order by site_id, date desc
    ),
    -- of the newest day of a month that is measured, the sensor that was forecast worst
    forecast as (
        select distinct on (s.site_id)
            s.site_id, a.date as forecast_date, a.sensor as worst_forecast, a.mae / nullif(a.mae_naive, 0) as worst_rmae
        from reports.forecast_accuracy_daily as a join flex.sensor as s using (sensor_id)
        where a.date between cast(:last as date) - 31 and :last and a.mae_naive > 0
        order by s.site_id, a.date desc, worst_rmae desc, a.sensor
    )
    select
        h.site_id, h.status, m.cost, m.baseline_cost, m.saving, m.realised_cost, s.currency,
        e.saving_kg as co2_saving_kg, regret, regret_date, h.blocked_devices, worst_forecast, worst_rmae, forecast_date
    from reports.pipeline_health_daily as h
    join flex.site as s using (site_id)
    left join money as m using (site_id)
    left join reports.emissions_daily as e using (site_id, date)
    left join regret using (site_id)
    left join forecast using (site_id)
    where h.date = :last
    order by greatest(abs(m.cost), abs(m.saving)) desc nulls first, h.site_id
"""
PERIOD = f"""
    with money as ({MONEY}),
    emissions as (
        select site_id, sum(saving_kg) as co2_saving_kg from reports.emissions_daily
        where date between :first and :last group by site_id
    ),
    regret as (
        select site_id, sum(regret) as regret, count(*) as regret_days from reports.regret_daily
        where date between :first and :last group by site_id
    ),
    sensors as (
        select s.site_id, sum(a.steps * a.mae) / nullif(sum(a.steps * a.mae_naive), 0) as rmae
        from reports.forecast_accuracy_daily as a join flex.sensor as s using (sensor_id)
        where a.date between :first and :last group by s.site_id, a.sensor_id
    ),
    forecast as (select site_id, avg(rmae) as rmae from sensors group by site_id),
    adherence as (
        select site_id, sum(deviation_kwh) as deviation_kwh, sum(deviation_cost) as deviation_cost
        from reports.adherence_daily where date between :first and :last group by site_id
    ),
    plans as (
        select
            site_id, count(*) as days,
            count(*) filter (where status not in ('optimal', 'feasible')) as days_without_plan
        from reports.pipeline_health_daily where date between :first and :last group by site_id
    )
    select
        site_id, s.currency, days, days_without_plan, cost, baseline_cost, saving, realised_cost, co2_saving_kg,
        regret, regret_days, rmae, deviation_kwh, deviation_cost
    from plans
    join flex.site as s using (site_id)
    left join money using (site_id)
    left join emissions using (site_id)
    left join regret using (site_id)
    left join forecast using (site_id)
    left join adherence using (site_id)
    order by greatest(abs(cost), abs(saving)) desc nulls first, site_id
"""
COSTS = """
    select site_id, date, sum(cost) as cost from reports.cost_component_daily
    where date between :first and :last group by site_id, date order by site_id, date
"""


def sites_on(engine: Engine, day: date) -> Rows:
    """One row a site that was planned for a day, or was to be: those without a cost first, then the dearest."""
    with engine.connect() as session:
        return read(session, DAY, first=day, last=day)


def site_cost(engine: Engine, portfolio: Portfolio, site_id: str, day: date) -> SiteCost:
    """What a planned site does on a day, and what that costs by component."""
    with engine.connect() as session:
        components = read(session, COMPONENTS, site=site_id, first=day, last=day)
    return SiteCost(site_day(engine, portfolio, site_id, day), components_of(components))


def portfolio_report(engine: Engine, first: date, last: date) -> PortfolioReport:
    """What the reports say of all sites from one local day to another. NotStoredError when they say nothing."""
    with engine.connect() as session:
        sites = read(session, PERIOD, first=first, last=last)
        if not sites:
            raise NotStoredError(
                f"the reports have nothing from {first} to {last}; make them with flex-pipeline backfill"
            )
        return PortfolioReport(
            first=first,
            last=last,
            sites=sites,
            components=read(session, COMPONENTS, first=first, last=last, site=None),
            costs=read(session, COSTS, first=first, last=last),
        )
