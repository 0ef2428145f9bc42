with steps as (
    select
        plans.site_id,
        plans.date,
        devices.run_id,
        devices.device_id,
        devices.power_kw,
        sites.step_hours,
        sites.consumption_price_per_kwh,
        sites.production_price_per_kwh
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('stg_device_steps') }} as devices using (run_id)
    inner join {{ ref('stg_site_steps') }} as sites using (run_id, event_start)
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
