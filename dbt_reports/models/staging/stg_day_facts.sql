select
    run_id,
    way,
    commodity,
    billing_period,
    stock_kwh
from {{ source('flex', 'day_cost') }}
