alter table flex.schedule_run
    add column terminal_cost double precision,
    add column diagnosis     text;
comment on column flex.schedule_run.terminal_cost is
    'What the energy in store at the end of the horizon is worth, as a cost: negative where it is worth something.';
comment on column flex.schedule_run.diagnosis is
    'Why no plan keeps every hard limit: which conflict, when and by how much. Empty where one does.';

-- The plan in force is found by this order.
create index schedule_run_in_force on flex.schedule_run (site_id, date, belief_time desc, run_id desc);

create table flex.shadow_price (
    run_id      bigint not null references flex.schedule_run on delete cascade,
    component   text not null,
    family      text not null,
    event_start timestamptz not null,
    value       double precision not null check (value > 0),
    unit        text not null,
    primary key (run_id, component, family, event_start)
);
comment on table flex.shadow_price is
    'One row per plan, limit and step of the day in which more of the limit would make the plan cheaper.';
comment on column flex.shadow_price.run_id is 'The plan.';
comment on column flex.shadow_price.event_start is 'Start of the step.';
comment on column flex.shadow_price.component is 'Whose limit it is: site, or the name of a device.';
comment on column flex.shadow_price.family is 'The constraint, as in the documentation: site_import_limit, soc_ceiling, ...';
comment on column flex.shadow_price.value is
    'By how much the plan would cost less if the limit were one unit wider in this step alone.';
comment on column flex.shadow_price.unit is 'Of the value, for example EUR/kW.';

-- Again, for the columns that are new in it.
create or replace view flex.current_plan as
select distinct on (site_id, date) *
from flex.schedule_run
order by site_id, date, belief_time desc, run_id desc;

create view flex.current_shadow_price as
select p.site_id, p.date, s.component, s.family, s.event_start, s.value, s.unit, p.run_id
from flex.current_plan as p
join flex.shadow_price as s using (run_id);
comment on view flex.current_shadow_price is
    'One row per limit and step of the plan in force in which one more unit of the limit is worth something.';
