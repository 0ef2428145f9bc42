create table flex.site_outcome (
    site_id                   text not null references flex.site,
    commodity                 text not null,
    date                      date not null,
    event_start               timestamptz not null,
    event_end                 timestamptz not null,
    consumption_price         double precision,
    production_price          double precision,
    inflexible_consumption_kw double precision,
    inflexible_production_kw  double precision,
    consumption_emissions     double precision,
    production_emissions      double precision,
    primary key (site_id, commodity, event_start)
);
comment on table flex.site_outcome is
    'One row per site, commodity (electricity, too) and step of a planned day: prices and fixed flows as they came. '
    'Empty: not measured, or not yet.';
comment on column flex.site_outcome.consumption_emissions is
    'CO2 of a kWh that was bought, kg; empty where nothing is said of it.';
comment on column flex.site_outcome.production_emissions is 'CO2 that a kWh sold was credited with, kg.';
create index on flex.site_outcome (date);

create table flex.device_outcome (
    device_id   text not null references flex.device,
    date        date not null,
    event_start timestamptz not null,
    event_end   timestamptz not null,
    power_kw    double precision,
    soc_kwh     double precision,
    primary key (device_id, event_start)
);
comment on table flex.device_outcome is
    'One row per device with a meter and step of a planned day: its power, and what was in store at event_end.';
create index on flex.device_outcome (date);

create table flex.forecast_band (
    run_id                         bigint not null references flex.schedule_run on delete cascade,
    event_start                    timestamptz not null,
    inflexible_consumption_low_kw  double precision not null,
    inflexible_consumption_high_kw double precision not null,
    inflexible_production_low_kw   double precision not null,
    inflexible_production_high_kw  double precision not null,
    primary key (run_id, event_start)
);
comment on table flex.forecast_band is
    'One row per plan and step: the fixed flows of electricity at the quantiles 0.1 and 0.9 of what was forecast when it was made.';

create table flex.alternative (
    run_id      bigint not null references flex.schedule_run on delete cascade,
    name        text not null,
    device_id   text not null references flex.device,
    event_start timestamptz not null,
    event_end   timestamptz not null,
    power_kw    double precision not null,
    soc_kwh     double precision,
    primary key (run_id, name, device_id, event_start)
);
comment on table flex.alternative is
    'One row per plan, other way to run its devices, device and step: what the plan is compared with.';
comment on column flex.alternative.name is
    'charge at once: every store fills up as soon as it can. Without flexibility is in flex.schedule.';

create table flex.aggregate (
    name       text primary key,
    site_id    text references flex.site,
    timezone   text not null,
    unit       text not null,
    constant   double precision not null,
    resolution interval not null,
    version_id bigint not null references flex.portfolio_version
);
comment on table flex.aggregate is
    'One row per weighted sum of sensors in the configuration in force; its values are in reports.aggregates.';

create table flex.aggregate_weight (
    name   text not null references flex.aggregate on delete cascade,
    sensor text not null references flex.sensor (name),
    weight double precision not null,
    primary key (name, sensor)
);
comment on table flex.aggregate_weight is
    'One row per sensor in a sum: what its values, as they are stored, are multiplied by.';

alter table flex.forecast_value add column followed_energy_cost double precision;
comment on column flex.forecast_value.followed_energy_cost is
    'Of planned_cost, what the energy of the day itself cost, that of all commodities.';
