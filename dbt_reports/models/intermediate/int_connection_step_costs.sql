select
    *,
    step_hours * {{ price_of('net_power_kw') }} as energy_cost,
    step_hours * {{ price_of('baseline_net_power_kw') }} as baseline_energy_cost,
    step_hours * {{ emitted_by('net_power_kw') }} as emissions_kg,
    step_hours * {{ emitted_by('baseline_net_power_kw') }} as baseline_emissions_kg
from {{ ref('int_connection_steps') }}
