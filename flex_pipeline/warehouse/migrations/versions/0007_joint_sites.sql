create table flex.cost_term (
    run_id    bigint not null references flex.schedule_run on delete cascade,
    component text not null,
    name      text not null,
    cost      double precision not null,
    primary key (run_id, component, name)
);
comment on table flex.cost_term is
    'One row per plan and thing that is paid for over its horizon; together they are its total_cost.';
comment on column flex.cost_term.run_id is 'The plan.';
comment on column flex.cost_term.component is 'What kind of cost it is: energy, peaks, breaches, commitments, wear, ...';
comment on column flex.cost_term.name is 'Such as net energy, the name of a commitment, or battery: wear.';
comment on column flex.cost_term.cost is 'In the currency of the site; negative is revenue.';

alter table flex.device_plan add column commodity text not null default 'electricity';
comment on column flex.device_plan.commodity is 'What the power of the device is of: electricity, heat, gas, ...';

alter table flex.device_plan
    add column overnight_kw          double precision[],
    add column baseline_overnight_kw double precision[];
comment on column flex.device_plan.overnight_kw is
    'Of a process that runs over midnight, its power in each step after the day; the plan of the next day has it in its '
    'schedule. Empty where nothing runs then.';
comment on column flex.device_plan.baseline_overnight_kw is 'The same without flexibility.';

create table flex.commodity_plan (
    run_id                    bigint not null references flex.schedule_run on delete cascade,
    commodity                 text not null check (commodity <> 'electricity'),
    event_start               timestamptz not null,
    event_end                 timestamptz not null,
    consumption_price         double precision not null,
    production_price          double precision not null,
    inflexible_consumption_kw double precision not null,
    inflexible_production_kw  double precision not null,
    net_power_kw              double precision not null,
    baseline_net_power_kw     double precision not null,
    consumption_capacity_kw   double precision,
    production_capacity_kw    double precision,
    marginal_price            double precision,
    primary key (run_id, commodity, event_start)
);
comment on table flex.commodity_plan is
    'One row per plan, commodity other than electricity and step of the day: what flex.site_plan says of electricity.';

create table flex.group_plan (
    run_id                  bigint not null references flex.schedule_run on delete cascade,
    group_name              text not null,
    event_start             timestamptz not null,
    event_end               timestamptz not null,
    net_power_kw            double precision not null,
    baseline_net_power_kw   double precision not null,
    consumption_capacity_kw double precision,
    production_capacity_kw  double precision,
    primary key (run_id, group_name, event_start)
);
comment on table flex.group_plan is
    'One row per plan, group and step of the day: the net power of its devices and the limits it has to keep.';

create table flex.group_member (
    run_id     bigint not null references flex.schedule_run on delete cascade,
    group_name text not null,
    device_id  text not null references flex.device,
    primary key (run_id, group_name, device_id)
);
comment on table flex.group_member is
    'One row per plan, group and planned device inside it, also by way of a group within the group.';

comment on column flex.shadow_price.component is
    'Whose limit it is: site, or the name of a device, group or commodity.';

-- What consumers read ----------------------------------------------------------------------------

create view flex.current_cost_term as
select p.site_id, p.date, t.component, t.name, t.cost, s.currency, p.run_id
from flex.current_plan as p
join flex.cost_term as t using (run_id)
join flex.site as s using (site_id);
comment on view flex.current_cost_term is
    'One row per site, day and thing that the plan in force pays for over its horizon, look-ahead included.';

create view flex.current_connection as
select
    p.site_id, p.date, c.commodity, c.event_start, c.event_end, c.consumption_price, c.production_price,
    c.inflexible_consumption_kw, c.inflexible_production_kw, c.net_power_kw, c.baseline_net_power_kw,
    c.consumption_capacity_kw, c.production_capacity_kw, c.marginal_price, p.run_id
from flex.current_plan as p
cross join lateral (
    select
        'electricity' as commodity, event_start, event_end, consumption_price, production_price,
        inflexible_consumption_kw, inflexible_production_kw, net_power_kw, baseline_net_power_kw,
        consumption_capacity_kw, production_capacity_kw, marginal_price
    from flex.site_plan as e where e.run_id = p.run_id
    union all
    select
        commodity, event_start, event_end, consumption_price, production_price,
        inflexible_consumption_kw, inflexible_production_kw, net_power_kw, baseline_net_power_kw,
        consumption_capacity_kw, production_capacity_kw, marginal_price
    from flex.commodity_plan as o where o.run_id = p.run_id
) as c;
comment on view flex.current_connection is
    'One row per site, commodity and step of the plan in force: prices, net power, limits, and the marginal price: '
    'what one more kWh of consumption costs.';

create view flex.current_group as
select
    p.site_id, p.date, g.group_name, g.event_start, g.event_end, g.net_power_kw, g.baseline_net_power_kw,
    g.consumption_capacity_kw, g.production_capacity_kw, p.run_id
from flex.current_plan as p
join flex.group_plan as g using (run_id);
comment on view flex.current_group is
    'One row per group and step of the plan in force: the net power of its devices (consumption positive) and its limits.';

-- Prices are those of what the device takes and gives; the commodity is new.
create or replace view flex.current_schedule as
select
    p.site_id, s.device_id, p.date, s.event_start, s.event_end, s.power_kw, s.soc_kwh,
    coalesce(o.consumption_price, e.consumption_price) as consumption_price,
    coalesce(o.production_price, e.production_price) as production_price,
    p.status, p.planning_time, p.belief_time, d.commodity
from flex.current_plan as p
join flex.schedule as s using (run_id)
join flex.device_plan as d using (run_id, device_id)
join flex.site_plan as e using (run_id, event_start)
left join flex.commodity_plan as o
    on o.run_id = p.run_id and o.commodity = d.commodity and o.event_start = s.event_start;
