with bands as (
    select * from {{ ref('stg_forecast_bands') }}
),

steps as (
    select
        costs.*,
        costs.net_power_kw
        + coalesce(
            bands.inflexible_low_kw - costs.inflexible_consumption_kw + costs.inflexible_production_kw, 0
        ) as net_power_low_kw,
        costs.net_power_kw
        + coalesce(
            bands.inflexible_high_kw - costs.inflexible_consumption_kw + costs.inflexible_production_kw, 0
        ) as net_power_high_kw
    from {{ ref('int_connection_step_costs') }} as costs
    left join bands using (run_id, event_start)
    where costs.commodity = 'electricity'
)

select
    site_id,
    date,
    event_start,
    event_end,
    net_power_kw,
    consumption_capacity_kw,
    production_capacity_kw,
    consumption_capacity_kw - net_power_kw as consumption_headroom_kw,
    production_capacity_kw + net_power_kw as production_headroom_kw,
    net_power_low_kw,
    net_power_high_kw,
    consumption_capacity_kw - net_power_high_kw as secure_consumption_headroom_kw,
    production_capacity_kw + net_power_low_kw as secure_production_headroom_kw
from steps
