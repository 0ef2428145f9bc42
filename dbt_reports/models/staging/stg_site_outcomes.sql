select
    site_id,
    commodity,
    date,
    event_start,
    consumption_price as consumption_price_per_kwh,
    production_price as production_price_per_kwh,
    inflexible_consumption_kw,
    inflexible_production_kw
from {{ source('flex', 'site_outcome') }}
where {{ in_selected_dates('date') }}
