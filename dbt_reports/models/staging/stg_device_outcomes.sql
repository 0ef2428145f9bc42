select
    device_id,
    date,
    event_start,
    power_kw,
    soc_kwh
from {{ source('flex', 'device_outcome') }}
where {{ in_selected_dates('date') }}
