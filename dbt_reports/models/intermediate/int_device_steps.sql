with steps as (
    select
        plans.site_id,
        plans.date,
        plans.run_id,
        devices.device_id,
        days.commodity,
        devices.event_start,
        devices.event_end,
        connections.step_hours,
        devices.power_kw,
        devices.baseline_power_kw,
        devices.soc_kwh,
        connections.consumption_price_per_kwh,
        connections.production_price_per_kwh
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('stg_device_days') }} as days using (run_id)
    inner join {{ ref('stg_device_steps') }} as devices using (run_id, device_id)
    inner join {{ ref('int_connection_steps') }} as connections using (run_id, commodity, event_start)
),

outcomes as (
    select * from {{ ref('stg_device_outcomes') }}
)

select
    steps.*,
    outcomes.power_kw as metered_power_kw,
    outcomes.soc_kwh as measured_soc_kwh
from steps
left join outcomes using (device_id, event_start)
