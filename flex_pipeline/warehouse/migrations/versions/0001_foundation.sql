-- Time is UTC (timestamptz); a step is [event_start, event_end). Power is kW, consumption positive.
-- State of charge is kWh at event_end. Prices are currency per kWh.

create schema flex;
create schema reports;

-- What is scheduled ------------------------------------------------------------------------------

create table flex.portfolio_version (
    version_id   bigint generated always as identity primary key,
    content_hash text not null unique,
    content      jsonb not null,
    loaded_at    timestamptz not null default now()
);
comment on table flex.portfolio_version is 'One row per configuration ever loaded; a plan names the one it used.';

create table flex.site (
    site_id    text primary key,
    timezone   text not null,
    currency   text not null,
    account    text not null,
    latitude   double precision,
    longitude  double precision,
    active     boolean not null,
    version_id bigint not null references flex.portfolio_version
);
comment on table flex.site is 'One row per connection to the grid, as in the newest configuration that has it.';

create table flex.device (
    device_id     text primary key,
    site_id       text not null references flex.site,
    name          text not null,
    type          text not null check (type in ('storage', 'process')),
    partition_key text not null,
    flex_model    jsonb not null,
    active        boolean not null,
    version_id    bigint not null references flex.portfolio_version
);
comment on table flex.device is 'One row per device; one that left the portfolio stays, inactive, with its history.';
create index on flex.device (partition_key);

create table flex.sensor (
    sensor_id  integer generated always as identity primary key,
    name       text not null unique,
    site_id    text references flex.site,
    kind       text not null,
    unit       text not null,
    resolution interval not null,
    active     boolean not null,
    version_id bigint not null references flex.portfolio_version
);
comment on table flex.sensor is 'One row per series; site_id is empty for a feed that all sites share.';

-- What was believed ------------------------------------------------------------------------------

create table flex.source (
    source_id integer generated always as identity primary key,
    name      text not null,
    type      text not null check (type in ('reading', 'forecaster')),
    unique (type, name)
);
comment on table flex.source is 'Who holds a belief: a feed that was read, or a model that forecasts.';

create table flex.belief (
    sensor_id   integer not null references flex.sensor,
    event_start timestamptz not null,
    belief_time timestamptz not null,
    source_id   integer not null references flex.source,
    quantile    real not null,
    value       double precision not null,
    primary key (sensor_id, event_start, belief_time, source_id, quantile)
) partition by range (event_start);
comment on table flex.belief is
    'What someone believed at a time about one step of a sensor, in its unit. A reading has quantile 0.5.';
create index belief_as_of on flex.belief (sensor_id, event_start, belief_time desc)
    include (source_id, quantile, value);

create table flex.repeated_reading (
    sensor_id   integer not null references flex.sensor,
    event_start timestamptz not null,
    value       double precision,
    read_at     timestamptz not null
);
comment on table flex.repeated_reading is
    'A row for each value that a source gave for a step it had given already; the last one given is the belief.';
create index on flex.repeated_reading (sensor_id, event_start);

create table flex.forecast_run (
    sensor_id     integer not null references flex.sensor,
    date          date not null,
    planning_time timestamptz not null,
    input_hash    text not null,
    source_id     integer not null references flex.source,
    ladder_step   text not null,
    reason        text not null,
    mae           double precision,
    mae_naive     double precision,
    pinball       double precision,
    coverage      double precision,
    belief_time   timestamptz not null,
    primary key (sensor_id, date)
);
comment on table flex.forecast_run is 'One row per sensor and planned day: the model that was used, why, and how it scored.';

create table flex.data_quality (
    sensor_id   integer not null references flex.sensor,
    date        date not null,
    expectation text not null,
    severity    text not null check (severity in ('error', 'warning')),
    passed      boolean not null,
    observed    text not null,
    rows        jsonb not null,
    checked_at  timestamptz not null,
    primary key (sensor_id, date, expectation)
);
comment on table flex.data_quality is 'One row per sensor, local day and expectation: the newest verdict with the failing rows.';

-- Months get their partition of beliefs when the first value of the month is loaded.
create function flex.ensure_belief_months(first_day timestamptz, last_day timestamptz) returns void
language plpgsql as $$
declare
    month timestamp;
    child text;
begin
    for month in
        select generate_series(date_trunc('month', first_day at time zone 'UTC'), last_day at time zone 'UTC', '1 month')
    loop
        child := 'belief_' || to_char(month, 'YYYY_MM');
        if to_regclass('flex.' || child) is null then
            execute format(
                'create table if not exists flex.%I partition of flex.belief for values from (%L) to (%L)',
                child, month::text || '+00', (month + interval '1 month')::text || '+00'
            );
        end if;
    end loop;
end
$$;

-- What is planned --------------------------------------------------------------------------------

create table flex.schedule_run (
    run_id           bigint generated always as identity primary key,
    site_id          text not null references flex.site,
    date             date not null,
    planning_time    timestamptz not null,
    belief_time      timestamptz not null,
    input_hash       text not null,
    version_id       bigint not null references flex.portfolio_version,
    problem          jsonb not null,
    status           text not null check (status in ('optimal', 'feasible', 'infeasible', 'fallback', 'blocked')),
    reason           text,
    horizon_start    timestamptz not null,
    horizon_end      timestamptz not null,
    energy_cost      double precision,
    breach_cost      double precision,
    peak_cost        double precision,
    commitment_cost  double precision,
    wear_cost        double precision,
    total_cost       double precision,
    primal_violation double precision,
    bound            double precision,
    gap              double precision,
    build_seconds    double precision,
    solve_seconds    double precision,
    variables        integer,
    binaries         integer,
    unique (site_id, date, input_hash)
);
comment on table flex.schedule_run is
    'One row per plan of a site-day, identified by the hash of its inputs. Costs are those of the whole horizon.';

create table flex.device_plan (
    run_id         bigint not null references flex.schedule_run on delete cascade,
    device_id      text not null references flex.device,
    status         text not null,
    reason         text,
    soc_start_kwh  double precision,
    soc_end_kwh    double precision,
    baseline_soc_end_kwh double precision,
    primary key (run_id, device_id)
);
comment on table flex.device_plan is 'One row per plan and device: whether it was planned, and the stock it begins and ends the day with.';

create table flex.schedule (
    run_id            bigint not null references flex.schedule_run on delete cascade,
    device_id         text not null references flex.device,
    event_start       timestamptz not null,
    event_end         timestamptz not null,
    power_kw          double precision not null,
    soc_kwh           double precision,
    baseline_power_kw double precision not null,
    baseline_soc_kwh  double precision,
    primary key (run_id, device_id, event_start)
);
comment on table flex.schedule is
    'One row per plan, device and step of the day: the power to run at, and what it would be without flexibility.';

create table flex.site_plan (
    run_id                    bigint not null references flex.schedule_run on delete cascade,
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
    primary key (run_id, event_start)
);
comment on table flex.site_plan is
    'One row per plan and step of the day: prices, fixed flows, the net power at the connection and its limits.';

-- What consumers read ----------------------------------------------------------------------------

create view flex.current_belief as
select distinct on (b.sensor_id, b.event_start, b.quantile)
    s.name as sensor, b.event_start, b.quantile, b.value, s.unit, b.belief_time, o.name as source, o.type as source_type
from flex.belief as b
join flex.sensor as s using (sensor_id)
join flex.source as o using (source_id)
order by b.sensor_id, b.event_start, b.quantile, (o.type = 'reading') desc, b.belief_time desc, b.source_id;
comment on view flex.current_belief is 'What is believed now: a reading before any forecast, the newest of each.';

create view flex.current_plan as
select distinct on (site_id, date) *
from flex.schedule_run
order by site_id, date, belief_time desc, run_id desc;
comment on view flex.current_plan is 'One row per site and day: the plan in force.';

create view flex.current_schedule as
select
    p.site_id, s.device_id, p.date, s.event_start, s.event_end, s.power_kw, s.soc_kwh,
    f.consumption_price, f.production_price, p.status, p.planning_time, p.belief_time
from flex.current_plan as p
join flex.schedule as s using (run_id)
join flex.site_plan as f using (run_id, event_start);
comment on view flex.current_schedule is
    'One row per device and step of the plan in force: power_kw to run at (consumption positive) and soc_kwh at its end.';
