select
    run_id,
    event_start,
    inflexible_consumption_low_kw - inflexible_production_high_kw as inflexible_low_kw,
    inflexible_consumption_high_kw - inflexible_production_low_kw as inflexible_high_kw
from {{ source('flex', 'forecast_band') }}
