with runs as (
    select
        site_id,
        date,
        count(*) as plans_made
    from {{ ref('stg_runs') }}
    group by site_id, date
),

previous as (
    select
        device_id,
        event_start,
        power_kw
    from {{ ref('int_other_device_steps') }}
    where baseline = 'previous plan'
),

steps as not materialized (
    select
        *,
        {{ step_hours() }} as step_hours
    from {{ ref('device_step') }}
    where {{ in_selected_dates('date') }}
),

turns as (
    select
        site_id,
        device_id,
        date,
        sign(power_kw) <> lag(sign(power_kw)) over (partition by device_id, date order by event_start) as is_switch
    from steps
),

stability as (
    select
        site_id,
        device_id,
        date,
        count(*) filter (where is_switch) as switches
    from turns
    group by site_id, device_id, date
),

-- few devices have a previous plan: joined with all steps, those would stand in a hash table
changes as (
    select
        steps.device_id,
        steps.date,
        sum(steps.step_hours * abs(steps.power_kw - previous.power_kw)) as change_kwh
    from steps
    inner join previous using (device_id, event_start)
    group by steps.device_id, steps.date
)

select
    stability.site_id,
    stability.device_id,
    stability.date,
    cast(runs.plans_made as integer) as plans_made,
    cast(stability.switches as integer) as switches,
    changes.change_kwh
from stability
inner join runs using (site_id, date)
left join changes using (device_id, date)
