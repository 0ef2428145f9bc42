select
    run_id,
    device_id,
    status,
    commodity,
    soc_end_kwh,
    baseline_soc_end_kwh,
    soc_end_kwh - soc_start_kwh as stock_change_kwh
from {{ source('flex', 'device_plan') }}
