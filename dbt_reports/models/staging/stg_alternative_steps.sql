select
    run_id,
    name as baseline,
    device_id,
    event_start,
    event_end,
    power_kw,
    soc_kwh
from {{ source('flex', 'alternative') }}
