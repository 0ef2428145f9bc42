with plans as (
    select * from {{ ref('stg_plans') }}
),

devices as (
    select
        plans.site_id,
        plans.date,
        steps.*
    from plans
    inner join {{ ref('stg_device_steps') }} as steps using (run_id)
),

days as (
    select * from {{ ref('stg_device_days') }}
),

connections as (
    select * from {{ ref('int_connection_steps') }}
),

outcomes as (
    select * from {{ ref('stg_device_outcomes') }}
)

select
    devices.site_id,
    devices.date,
    devices.run_id,
    devices.device_id,
    days.commodity,
    devices.event_start,
    devices.event_end,
    connections.step_hours,
    devices.power_kw,
    devices.baseline_power_kw,
    devices.soc_kwh,
    connections.consumption_price_per_kwh,
    connections.production_price_per_kwh,
    outcomes.power_kw as metered_power_kw,
    outcomes.soc_kwh as measured_soc_kwh
from devices
left join days using (run_id, device_id)
left join connections using (run_id, commodity, event_start)
left join outcomes using (device_id, event_start)
-- as inner joins would do, of which the server expects one row for millions: to it a plan and its steps have nothing in common
where coalesce(connections.step_hours, 0) <> 0
