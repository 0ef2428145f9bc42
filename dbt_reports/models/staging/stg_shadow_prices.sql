select
    run_id,
    component,
    family,
    event_start,
    value,
    unit
from {{ source('flex', 'shadow_price') }}
