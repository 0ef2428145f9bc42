select
    site_id,
    date,
    event_start,
    event_end,
    net_power_kw,
    consumption_capacity_kw,
    production_capacity_kw,
    consumption_capacity_kw - net_power_kw as consumption_headroom_kw,
    production_capacity_kw + net_power_kw as production_headroom_kw
from {{ ref('int_site_step_costs') }}
