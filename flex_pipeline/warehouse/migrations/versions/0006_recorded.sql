-- When was it recorded? --------------------------------------------------------------------------
-- A value can come in late and be believed since long ago. Who planned before it came has not read it.

alter table flex.belief add column recorded_at timestamptz not null default '-infinity';
alter table flex.belief alter column recorded_at set default clock_timestamp();
comment on column flex.belief.recorded_at is
    'When the warehouse came to hold the belief, by its own clock; -infinity for those of before this was kept.';
-- reading as of a time stays an affair of the key alone
alter table flex.belief drop constraint belief_pkey;
alter table flex.belief add primary key (sensor_id, event_start, belief_time, source_id, quantile)
    include (value, recorded_at);

create table flex.replaced_belief (
    sensor_id   integer not null references flex.sensor,
    event_start timestamptz not null,
    belief_time timestamptz not null,
    source_id   integer not null references flex.source,
    quantile    real not null,
    value       double precision not null,
    recorded_at timestamptz not null,
    replaced_at timestamptz not null
);
comment on table flex.replaced_belief is
    'One row per belief that another of the same belief time took the place of, or that was withdrawn: a value that its source restated, a forecast or repair that was made again.';
comment on column flex.replaced_belief.recorded_at is 'Since when the warehouse held it.';
comment on column flex.replaced_belief.replaced_at is 'Until when the warehouse held it.';
create index on flex.replaced_belief (sensor_id, event_start);

alter table flex.schedule_run add column read_at timestamptz;
comment on column flex.schedule_run.read_at is
    'The plan was made from what had been recorded by this time of the warehouse; empty for plans of before this was kept.';
create or replace view flex.current_plan as
select distinct on (site_id, date) *
from flex.schedule_run
order by site_id, date, belief_time desc, run_id desc;
alter table flex.forecast_run add column read_at timestamptz;
comment on column flex.forecast_run.read_at is
    'The forecast was made from what had been recorded by this time of the warehouse; empty where this was not kept.';

alter table flex.device_plan add column stock_run_id bigint references flex.schedule_run on delete set null;
comment on column flex.device_plan.stock_run_id is
    'The plan of a day before, at the end of which the device holds what this one starts from, unless it was measured.';
update flex.device_plan as d set stock_run_id = (
    select p.run_id
    from (
        select distinct on (b.date) b.date, b.run_id
        from flex.schedule_run as b
        where b.site_id = r.site_id and b.date < r.date and b.run_id < r.run_id
        order by b.date, b.belief_time desc, b.run_id desc
    ) as p
    join flex.device_plan as s on s.run_id = p.run_id and s.device_id = d.device_id
    where s.soc_end_kwh is not null
    order by p.date desc limit 1
)
from flex.schedule_run as r where r.run_id = d.run_id;

-- What was a plan made from? ---------------------------------------------------------------------

create table flex.plan_input (
    run_id    bigint not null references flex.schedule_run on delete cascade,
    sensor_id integer not null references flex.sensor,
    origin    text not null check (origin in ('measured', 'published', 'repaired', 'forecast')),
    rule      text not null,
    steps     integer not null,
    primary key (run_id, sensor_id, origin, rule)
);
comment on table flex.plan_input is
    'One row per plan, sensor and origin of its values: how many steps of the planned day the plan read so.';
comment on column flex.plan_input.origin is
    'measured: a source gave it when the step was over; published: ahead of it; repaired, forecast: nobody gave it.';
comment on column flex.plan_input.rule is 'The source, the rule of the repair or the model of the forecast.';

create view flex.current_plan_input as
select p.site_id, p.date, p.run_id, n.name as sensor, i.origin, i.rule, i.steps
from flex.current_plan as p
join flex.plan_input as i using (run_id)
join flex.sensor as n using (sensor_id);
comment on view flex.current_plan_input is
    'One row per plan in force, sensor and origin: how many steps of the day were measured, published, repaired or forecast, and by what.';

-- Charging sessions ------------------------------------------------------------------------------

create table flex.charging_session (
    sensor_id    integer not null references flex.sensor,
    session      text not null,
    belief_time  timestamptz not null,
    plug         text not null,
    plugged_in   timestamptz not null,
    plugged_out  timestamptz,
    energy_kwh   double precision,
    capacity_kwh double precision,
    primary key (sensor_id, session, belief_time)
);
comment on table flex.charging_session is
    'One row per charging session and time since when it was believed to be so: a correction leaves the row before it.';
comment on column flex.charging_session.session is 'Its name in the log, else when it began.';
comment on column flex.charging_session.plugged_out is 'Empty as long as nobody knows.';
comment on column flex.charging_session.energy_kwh is 'What was charged, or is asked for.';
comment on column flex.charging_session.capacity_kwh is 'Of the battery of the car, where known.';
create index on flex.charging_session (sensor_id, plugged_in);

create view flex.current_charging_session as
select distinct on (c.sensor_id, c.session)
    n.name as sensor, c.session, c.plug, c.plugged_in, c.plugged_out, c.energy_kwh, c.capacity_kwh, c.belief_time
from flex.charging_session as c
join flex.sensor as n using (sensor_id)
order by c.sensor_id, c.session, c.belief_time desc;
comment on view flex.current_charging_session is 'One row per charging session, as it is believed to be now.';

create or replace function flex.drop_belief_month(month date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    first_step timestamptz := month::timestamp at time zone 'UTC';
    next_month timestamptz := (month + interval '1 month') at time zone 'UTC';
begin
    delete from flex.repeated_reading where event_start >= first_step and event_start < next_month;
    delete from flex.replaced_belief where event_start >= first_step and event_start < next_month;
    delete from flex.charging_session where plugged_in >= first_step and plugged_in < next_month;
    execute format('drop table flex.%I', 'belief_' || to_char(month, 'YYYY_MM'));
end
$$;
