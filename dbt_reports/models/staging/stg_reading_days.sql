select
    sensor_id,
    date,
    readings,
    mean,
    peak
from {{ source('flex', 'reading_day') }}
where {{ in_selected_dates('date') }}
