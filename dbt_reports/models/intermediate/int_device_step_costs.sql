with steps as (
    select
        plans.site_id,
        plans.date,
        devices.run_id,
        devices.device_id,
        devices.power_kw,
        connections.step_hours,
        connections.consumption_price_per_kwh,
        connections.production_price_per_kwh
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('stg_device_days') }} as days using (run_id)
    inner join {{ ref('stg_device_steps') }} as devices using (run_id, device_id)
    inner join {{ ref('int_connection_steps') }} as connections using (run_id, commodity, event_start)
)

select
    site_id,
    date,
    run_id,
    device_id,
    step_hours * greatest(power_kw, 0) as consumed_kwh,
    step_hours * greatest(-power_kw, 0) as produced_kwh,
    step_hours * {{ price_of('power_kw') }} as energy_cost
from steps
