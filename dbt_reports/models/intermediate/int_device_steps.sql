with steps as (
    select
        plans.site_id,
        plans.date,
        plans.run_id,
        devices.device_id,
        sites.event_start,
        sites.event_end,
        sites.step_hours,
        devices.power_kw,
        devices.baseline_power_kw,
        devices.soc_kwh,
        sites.consumption_price_per_kwh,
        sites.production_price_per_kwh
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('stg_device_steps') }} as devices using (run_id)
    inner join {{ ref('stg_site_steps') }} as sites using (run_id, event_start)
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
