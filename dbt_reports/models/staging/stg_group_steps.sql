select
    run_id,
    group_name,
    event_start,
    event_end,
    net_power_kw,
    baseline_net_power_kw,
    consumption_capacity_kw,
    production_capacity_kw
from {{ source('flex', 'group_plan') }}
