select
    run_id,
    device_id,
    event_start,
    power_kw,
    baseline_power_kw
from {{ source('flex', 'schedule') }}
