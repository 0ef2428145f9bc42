select
    run_id,
    way,
    commodity,
    stock_kwh
from {{ source('flex', 'day_cost') }}
