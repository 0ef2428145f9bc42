with plans as (
    select * from {{ ref('stg_plans') }}
),

previous as (
    select * from {{ ref('stg_runs') }}
    where place = 2 and status <> 'blocked'
)

select
    plans.run_id,
    steps.baseline,
    steps.device_id,
    steps.event_start,
    steps.event_end,
    steps.power_kw,
    steps.soc_kwh
from plans
inner join {{ ref('stg_alternative_steps') }} as steps using (run_id)
union all
select
    plans.run_id,
    'previous plan' as baseline,
    steps.device_id,
    steps.event_start,
    steps.event_end,
    steps.power_kw,
    steps.soc_kwh
from plans
inner join previous using (site_id, date)
inner join {{ ref('stg_device_steps') }} as steps on previous.run_id = steps.run_id
