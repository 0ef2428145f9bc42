select
    plans.site_id,
    steps.group_name,
    plans.date,
    steps.event_start,
    steps.event_end,
    steps.net_power_kw,
    steps.consumption_capacity_kw,
    steps.production_capacity_kw,
    steps.consumption_capacity_kw - steps.net_power_kw as consumption_headroom_kw,
    steps.production_capacity_kw + steps.net_power_kw as production_headroom_kw
from {{ ref('stg_plans') }} as plans
inner join {{ ref('stg_group_steps') }} as steps using (run_id)
