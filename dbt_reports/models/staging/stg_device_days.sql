with devices as (
    select
        *,
        -- one store that several devices feed is counted with the one that owns it
        shares_stock_of is null as owns_stock
    from {{ source('flex', 'device_plan') }}
)

select
    run_id,
    device_id,
    status,
    commodity,
    case when owns_stock then soc_end_kwh end as soc_end_kwh,
    case when owns_stock then baseline_soc_end_kwh end as baseline_soc_end_kwh,
    case when owns_stock then soc_end_kwh - soc_start_kwh end as stock_change_kwh
from devices
