with verdicts as (
    select
        sensor_id,
        sensor,
        date,
        count(*) as expectations,
        count(*) filter (where not passed and severity = 'error') as errors,
        count(*) filter (where not passed and severity = 'repair') as repairs,
        count(*) filter (where not passed and severity = 'warning') as warnings,
        max(checked_at) as checked_at
    from {{ ref('stg_verdicts') }}
    group by sensor_id, sensor, date
)

select
    verdicts.sensor_id,
    verdicts.sensor,
    verdicts.date,
    days.readings,
    days.mean,
    days.peak,
    cast(verdicts.expectations as integer) as expectations,
    cast(verdicts.errors as integer) as errors,
    cast(verdicts.repairs as integer) as repairs,
    cast(verdicts.warnings as integer) as warnings,
    verdicts.checked_at
from verdicts
left join {{ ref('stg_reading_days') }} as days using (sensor_id, date)
