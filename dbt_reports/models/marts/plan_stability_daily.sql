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

steps as (
    select
        site_id,
        device_id,
        date,
        event_start,
        {{ step_hours() }} as step_hours,
        power_kw,
        sign(power_kw) <> lag(sign(power_kw)) over (partition by device_id, date order by event_start) as switches
    from {{ ref('device_step') }}
    where {{ in_selected_dates('date') }}
),

stability as (
    select
        steps.site_id,
        steps.device_id,
        steps.date,
        count(*) filter (where steps.switches) as switches,
        sum(steps.step_hours * abs(steps.power_kw - previous.power_kw)) as change_kwh
    from steps
    left join previous using (device_id, event_start)
    group by steps.site_id, steps.device_id, steps.date
)

select
    stability.site_id,
    stability.device_id,
    stability.date,
    cast(runs.plans_made as integer) as plans_made,
    cast(stability.switches as integer) as switches,
    stability.change_kwh
from stability
inner join runs using (site_id, date)
