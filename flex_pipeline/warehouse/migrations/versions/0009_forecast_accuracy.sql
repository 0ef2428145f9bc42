-- How good forecasts were ------------------------------------------------------------------------

create table flex.forecast_accuracy (
    sensor_id   integer not null references flex.sensor,
    date        date not null,
    evaluation  text not null check (evaluation in ('live', 'backtest')),
    model       text not null,
    lead_hours  integer not null,
    hour        integer not null check (hour between 0 and 23),
    ladder_step text not null,
    n           integer not null check (n > 0),
    mae         double precision not null,
    bias        double precision not null,
    pinball     double precision not null,
    coverage    double precision not null,
    mae_naive   double precision not null,
    computed_at timestamptz not null,
    primary key (sensor_id, date, evaluation, model, lead_hours, hour)
);
comment on table flex.forecast_accuracy is
    'One row per sensor, measured local day, hour of it, lead and model: how far the forecasts were from what was measured.';
comment on column flex.forecast_accuracy.date is 'The local day of the measured steps, whenever they were forecast.';
comment on column flex.forecast_accuracy.evaluation is
    'live: the forecasts that plans were made with; backtest: those that would have been made, see flex-pipeline backtest.';
comment on column flex.forecast_accuracy.lead_hours is
    'From the planning time to the step, rounded down to a multiple of 6 hours.';
comment on column flex.forecast_accuracy.hour is 'Of the local day.';
comment on column flex.forecast_accuracy.n is 'How many steps: the weight of the row in any mean over rows.';
comment on column flex.forecast_accuracy.mae is 'Mean absolute error of the median, in the unit of the sensor.';
comment on column flex.forecast_accuracy.bias is 'Mean of the median less what was measured.';
comment on column flex.forecast_accuracy.pinball is 'Mean pinball loss over the quantiles.';
comment on column flex.forecast_accuracy.coverage is
    'Share of steps measured between the outer quantiles, ends included; 0.8 is asked for.';
comment on column flex.forecast_accuracy.mae_naive is
    'Mean absolute error, on the same steps, of what had been measured a week before.';

create view flex.current_forecast_accuracy as
select
    s.name as sensor, s.kind, s.unit, a.date, a.model, a.ladder_step, a.lead_hours, sum(a.n)::integer as n,
    sum(a.n * a.mae) / sum(a.n) as mae, sum(a.n * a.bias) / sum(a.n) as bias,
    sum(a.n * a.pinball) / sum(a.n) as pinball, sum(a.n * a.coverage) / sum(a.n) as coverage,
    sum(a.n * a.mae_naive) / sum(a.n) as mae_naive
from flex.forecast_accuracy as a
join flex.sensor as s using (sensor_id)
where a.evaluation = 'live'
group by s.name, s.kind, s.unit, a.date, a.model, a.ladder_step, a.lead_hours;
comment on view flex.current_forecast_accuracy is
    'One row per sensor, measured local day, lead and model: the accuracy of the forecasts that plans were made with.';

create view flex.forecast_accuracy_by_hour as
select
    s.name as sensor, s.kind, s.unit, a.evaluation, a.hour, sum(a.n)::integer as n,
    min(a.date) as first_date, max(a.date) as last_date,
    sum(a.n * a.mae) / sum(a.n) as mae, sum(a.n * a.bias) / sum(a.n) as bias,
    sum(a.n * a.pinball) / sum(a.n) as pinball, sum(a.n * a.coverage) / sum(a.n) as coverage,
    sum(a.n * a.mae_naive) / sum(a.n) as mae_naive
from flex.forecast_accuracy as a
join flex.sensor as s using (sensor_id)
group by s.name, s.kind, s.unit, a.evaluation, a.hour;
comment on view flex.forecast_accuracy_by_hour is
    'One row per sensor, evaluation and hour of the local day: how accurate forecasts were from first_date to last_date.';

-- What their errors cost -------------------------------------------------------------------------

create table flex.perfect_schedule (
    run_id      bigint not null references flex.schedule_run on delete cascade,
    device_id   text not null references flex.device,
    event_start timestamptz not null,
    event_end   timestamptz not null,
    power_kw    double precision not null,
    soc_kwh     double precision,
    primary key (run_id, device_id, event_start)
);
comment on table flex.perfect_schedule is
    'One row per plan, device and step of the day: what it had best done, had all been known that was measured later.';
comment on column flex.perfect_schedule.run_id is 'The plan it is a yardstick for: same devices, same stock at the start.';
comment on column flex.perfect_schedule.power_kw is 'Consumption positive.';
comment on column flex.perfect_schedule.soc_kwh is 'At event_end; empty for a device without a stock.';

create table flex.forecast_value (
    run_id       bigint primary key references flex.schedule_run on delete cascade,
    site_id      text not null references flex.site,
    date         date not null,
    input_hash   text not null,
    reason       text,
    planned_cost double precision,
    perfect_cost double precision,
    regret       double precision generated always as (planned_cost - perfect_cost) stored,
    departed_kwh double precision,
    horizon_end  timestamptz not null,
    computed_at  timestamptz not null,
    check ((reason is null) = (planned_cost is not null and perfect_cost is not null))
);
comment on table flex.forecast_value is
    'One row per plan of a site-day whose horizon was measured: what the errors of its forecasts cost.';
comment on column flex.forecast_value.input_hash is 'Of what was measured and of the plan: the same is never computed twice.';
comment on column flex.forecast_value.reason is 'Why the plan cannot be compared; empty where it is.';
comment on column flex.forecast_value.planned_cost is
    'Of the day as planned and the best look-ahead after it, at what was measured; up to horizon_end, in the currency of the site.';
comment on column flex.forecast_value.perfect_cost is
    'Of the best day and look-ahead from the same start, at what was measured; up to horizon_end.';
comment on column flex.forecast_value.regret is
    'planned_cost less perfect_cost: what the errors of the forecasts made the decisions of the day cost; 0 or more.';
comment on column flex.forecast_value.departed_kwh is
    'Energy by which devices could not do as planned, because a stock or a connection was full or empty.';

create view flex.current_forecast_value as
select
    v.site_id, v.date, p.status, s.currency, v.planned_cost, v.perfect_cost, v.regret, v.departed_kwh, v.reason,
    p.total_cost as expected_cost, v.horizon_end, p.run_id, v.computed_at
from flex.current_plan as p
join flex.forecast_value as v using (run_id)
join flex.site as s on s.site_id = v.site_id;
comment on view flex.current_forecast_value is
    'One row per site and day whose plan in force could be compared with what was measured: what forecast errors cost.';
