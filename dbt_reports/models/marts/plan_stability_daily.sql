with plans as (
    select * from {{ ref('stg_plans') }}
),

runs as (
    select
        site_id,
        date,
        count(*) as plans_made
    from {{ ref('stg_runs') }}
    group by site_id, date
),

previous as (
    select
        run_id,
        device_id,
        event_start,
        power_kw
    from {{ ref('int_baseline_device_steps') }}
    where baseline = 'previous plan'
),

steps as (
    select
        run_id,
        device_id,
        event_start,
        step_hours,
        power_kw,
        sign(power_kw) <> lag(sign(power_kw)) over (partition by device_id, run_id order by event_start) as switches
    from {{ ref('int_device_steps') }}
),

stability as (
    select
        steps.run_id,
        steps.device_id,
        count(*) filter (where steps.switches) as switches,
        sum(steps.step_hours * abs(steps.power_kw - previous.power_kw)) as change_kwh
    from steps
    left join previous using (run_id, device_id, event_start)
    group by steps.run_id, steps.device_id
)

select
    plans.site_id,
    stability.device_id,
    plans.date,
    cast(runs.plans_made as integer) as plans_made,
    cast(stability.switches as integer) as switches,
    stability.change_kwh
from plans
inner join stability using (run_id)
inner join runs using (site_id, date)
