with runs as (
    select
        site_id,
        date,
        count(*) as plans_made,
        sum(build_seconds + solve_seconds) as solver_seconds
    from {{ ref('stg_runs') }}
    group by site_id, date
),

in_force as (
    select * from {{ ref('stg_runs') }}
    where place = 1
),

devices as (
    select
        run_id,
        count(*) as devices,
        count(*) filter (where status = 'blocked') as blocked_devices
    from {{ ref('stg_device_days') }}
    group by run_id
),

failures as (
    select
        site_id,
        date,
        count(*) as failed_expectations
    from {{ ref('stg_verdicts') }}
    where not passed
    group by site_id, date
),

naive as (
    select
        site_id,
        date,
        count(*) as naive_forecasts
    from {{ ref('stg_forecast_runs') }}
    where ladder_step like '%naive%'
    group by site_id, date
)

select
    in_force.site_id,
    in_force.date,
    in_force.status,
    in_force.planning_time,
    in_force.belief_time as planned_at,
    cast(runs.plans_made as integer) as plans_made,
    runs.solver_seconds,
    in_force.gap,
    cast(coalesce(devices.devices, 0) as integer) as devices,
    cast(coalesce(devices.blocked_devices, 0) as integer) as blocked_devices,
    cast(coalesce(failures.failed_expectations, 0) as integer) as failed_expectations,
    cast(coalesce(naive.naive_forecasts, 0) as integer) as naive_forecasts
from in_force
inner join runs using (site_id, date)
left join devices using (run_id)
left join failures using (site_id, date)
left join naive using (site_id, date)
