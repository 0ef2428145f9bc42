create table flex.day_cost (
    run_id              bigint not null references flex.schedule_run on delete cascade,
    way                 text not null check (way in ('planned', 'no flexibility', 'realised')),
    commodity           text not null,
    billing_period      date not null,
    peak_cost           double precision not null,
    breach_cost         double precision not null,
    commitment_cost     double precision not null,
    wear_cost           double precision not null,
    emissions_cost      double precision not null,
    peak_consumption_kw double precision not null,
    peak_production_kw  double precision not null,
    stock_kwh           double precision not null,
    primary key (run_id, way, commodity)
);
comment on table flex.day_cost is
    'One row per plan, way to run its devices and commodity: what the day, without its look-ahead, costs besides energy.';
comment on column flex.day_cost.way is
    'planned, no flexibility, or realised: as measured, with devices as planned that have no meter; once all is measured.';
comment on column flex.day_cost.billing_period is 'The first day of the billing period of the day.';
comment on column flex.day_cost.peak_cost is
    'The peak price times what the day adds to the peak that the billing period had reached before.';
comment on column flex.day_cost.breach_cost is
    'What exceeding soft limits costs: the area, and the highest breach of the day.';
comment on column flex.day_cost.commitment_cost is 'What deviating from commitments costs.';
comment on column flex.day_cost.wear_cost is 'The wear of stores.';
comment on column flex.day_cost.emissions_cost is 'CO2 at its price; 0 where it has none.';
comment on column flex.day_cost.peak_consumption_kw is 'Highest net consumption of a step.';
comment on column flex.day_cost.peak_production_kw is 'Highest net production of a step.';
comment on column flex.day_cost.stock_kwh is
    'Energy in all stores at the end of the day; realised as measured, or as the powers of devices lead to.';

create table flex.outcome_day (
    site_id text not null references flex.site,
    date    date not null,
    read_at timestamptz not null,
    primary key (site_id, date)
);
comment on table flex.outcome_day is
    'One row per site and planned day whose outcomes are noted: readings recorded later are not in them.';
comment on column flex.outcome_day.read_at is 'By the clock of the warehouse.';
create index on flex.outcome_day (date);
insert into flex.outcome_day
select distinct site_id, date, clock_timestamp() from flex.site_outcome;

-- what is new since a time, without a look at all that is older: a few pages, and hardly a cost to loading
create index on flex.belief using brin (recorded_at) with (pages_per_range = 32, autosummarize = on);

create table flex.pipeline_run (
    dagster_run_id text primary key,
    stage          text not null,
    status         text not null,
    first_date     date,
    last_date      date,
    partitions     integer not null,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    started_at     timestamptz,
    ended_at       timestamptz,
    failure        text
);
comment on table flex.pipeline_run is
    'One row per run of the pipeline, as Dagster has it. Closed to readers: a run is about the sites of all accounts.';
comment on column flex.pipeline_run.stage is 'What it does, or the name of its job.';
comment on column flex.pipeline_run.status is 'As Dagster has it: success, failure, started, canceled, ...';
comment on column flex.pipeline_run.first_date is 'First local day that it is about; empty where it is about none.';
comment on column flex.pipeline_run.partitions is 'How many partitions it is about.';
comment on column flex.pipeline_run.updated_at is 'When Dagster last changed it: what changes later is noted anew.';
comment on column flex.pipeline_run.failure is 'What its first failed step said, shortened.';
create index on flex.pipeline_run (updated_at);

create table flex.asset_success (
    asset        text primary key,
    succeeded_at timestamptz not null,
    partition    text
);
comment on table flex.asset_success is 'One row per asset: when it was last made, and of which partition.';

alter table flex.device_plan add column shares_stock_of text references flex.device;
comment on column flex.device_plan.shares_stock_of is
    'The device whose store it feeds, where that is not its own: the stock is told of both, and is there once.';
update flex.device_plan as p
set shares_stock_of = d.site_id || '/' || (d.flex_model ->> 'shares-stock-of')
from flex.device as d
where d.device_id = p.device_id and d.flex_model ? 'shares-stock-of';
