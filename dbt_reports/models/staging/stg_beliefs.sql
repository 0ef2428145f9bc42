select
    sensor,
    event_start,
    value
from {{ source('flex', 'current_belief') }}
where
    quantile = 0.5
    and {{ near_selected_dates('event_start') }}
