select
    site_id,
    commodity,
    date,
    event_start,
    consumption_price as consumption_price_per_kwh,
    production_price as production_price_per_kwh,
    inflexible_consumption_kw,
    inflexible_production_kw,
    consumption_emissions as consumption_emissions_kg_per_kwh,
    production_emissions as production_emissions_kg_per_kwh
from {{ source('flex', 'site_outcome') }}
where {{ in_selected_dates('date') }}
