with verdicts as (
    select * from {{ source('flex', 'data_quality') }}
    where {{ in_selected_dates('date') }}
),

sensors as (
    select * from {{ source('flex', 'sensor') }}
)

select
    verdicts.sensor_id,
    sensors.name as sensor,
    sensors.site_id,
    verdicts.date,
    verdicts.expectation,
    verdicts.severity,
    verdicts.passed,
    verdicts.checked_at
from verdicts
inner join sensors using (sensor_id)
