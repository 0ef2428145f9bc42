select
    run_id,
    commodity,
    event_start,
    event_end,
    {{ step_hours() }} as step_hours,
    consumption_price as consumption_price_per_kwh,
    production_price as production_price_per_kwh,
    inflexible_consumption_kw,
    inflexible_production_kw,
    net_power_kw,
    baseline_net_power_kw,
    consumption_capacity_kw,
    production_capacity_kw,
    consumption_emissions as consumption_emissions_kg_per_kwh,
    production_emissions as production_emissions_kg_per_kwh
from {{ source('flex', 'commodity_plan') }}
