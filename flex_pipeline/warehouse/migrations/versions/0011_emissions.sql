alter table flex.schedule_run
    add column emissions_cost double precision,
    add column emissions_kg   double precision;
comment on column flex.schedule_run.emissions_cost is 'CO2 at its price, over the horizon; 0 where it has none.';
comment on column flex.schedule_run.emissions_kg is
    'CO2 of all connections over the horizon; empty where nothing is said of it.';

alter table flex.site_plan
    add column consumption_emissions double precision,
    add column production_emissions  double precision;
comment on column flex.site_plan.consumption_emissions is 'CO2 of a kWh that is bought, kg; empty where nothing is said of it.';
comment on column flex.site_plan.production_emissions is 'CO2 that a kWh sold is credited with, kg.';

alter table flex.commodity_plan
    add column consumption_emissions double precision,
    add column production_emissions  double precision;
comment on column flex.commodity_plan.consumption_emissions is
    'CO2 of a kWh that is bought, kg; empty where nothing is said of it.';
comment on column flex.commodity_plan.production_emissions is 'CO2 that a kWh sold is credited with, kg.';

create or replace view flex.current_plan as
select distinct on (site_id, date) *
from flex.schedule_run
order by site_id, date, belief_time desc, run_id desc;

create or replace view flex.current_connection as
select
    p.site_id, p.date, c.commodity, c.event_start, c.event_end, c.consumption_price, c.production_price,
    c.inflexible_consumption_kw, c.inflexible_production_kw, c.net_power_kw, c.baseline_net_power_kw,
    c.consumption_capacity_kw, c.production_capacity_kw, c.marginal_price, p.run_id,
    c.consumption_emissions, c.production_emissions
from flex.current_plan as p
cross join lateral (
    select
        'electricity' as commodity, event_start, event_end, consumption_price, production_price,
        inflexible_consumption_kw, inflexible_production_kw, net_power_kw, baseline_net_power_kw,
        consumption_capacity_kw, production_capacity_kw, marginal_price, consumption_emissions, production_emissions
    from flex.site_plan as e where e.run_id = p.run_id
    union all
    select
        commodity, event_start, event_end, consumption_price, production_price,
        inflexible_consumption_kw, inflexible_production_kw, net_power_kw, baseline_net_power_kw,
        consumption_capacity_kw, production_capacity_kw, marginal_price, consumption_emissions, production_emissions
    from flex.commodity_plan as o where o.run_id = p.run_id
) as c;

create table flex.pareto_point (
    run_id         bigint not null references flex.schedule_run on delete cascade,
    point          smallint not null,
    cost           double precision not null,
    emissions_kg   double precision not null,
    marginal_price double precision,
    status         text not null,
    bound          double precision,
    gap            double precision,
    primary key (run_id, point)
);
comment on table flex.pareto_point is
    'One row per plan and point between least money and least CO2, where flex-pipeline pareto was asked for them.';
comment on column flex.pareto_point.point is 'From 1, the cheapest, to the one that emits least.';
comment on column flex.pareto_point.cost is 'Of the cheapest plan that emits no more, in the currency of the site; over the horizon.';
comment on column flex.pareto_point.emissions_kg is 'CO2 over the horizon.';
comment on column flex.pareto_point.marginal_price is 'What the next kg less would cost.';
comment on column flex.pareto_point.bound is 'No plan that emits no more costs less.';

create view flex.current_pareto as
select p.site_id, p.date, o.point, o.cost, s.currency, o.emissions_kg, o.marginal_price, o.status, o.bound, o.gap, p.run_id
from flex.current_plan as p
join flex.pareto_point as o using (run_id)
join flex.site as s using (site_id);
comment on view flex.current_pareto is 'One row per plan in force and point between least money and least CO2, where asked for.';
