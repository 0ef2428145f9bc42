with steps as (
    select
        plans.site_id,
        plans.date,
        steps.*
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('int_connection_steps') }} as steps using (run_id)
)

select
    *,
    step_hours * {{ price_of('net_power_kw') }} as energy_cost,
    step_hours * {{ price_of('baseline_net_power_kw') }} as baseline_energy_cost,
    step_hours * {{ emitted_by('net_power_kw') }} as emissions_kg,
    step_hours * {{ emitted_by('baseline_net_power_kw') }} as baseline_emissions_kg
from steps
