select
    run_id,
    device_id,
    event_start,
    event_end,
    power_kw,
    soc_kwh,
    baseline_power_kw,
    baseline_soc_kwh
from {{ source('flex', 'schedule') }}
