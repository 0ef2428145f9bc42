with errors as (
    select * from {{ source('flex', 'forecast_accuracy') }}
    where
        evaluation = 'live'
        and {{ in_selected_dates('date') }}
),

sensors as (
    select * from {{ source('flex', 'sensor') }}
)

select
    errors.sensor_id,
    sensors.name as sensor,
    sensors.kind,
    sensors.unit,
    errors.date,
    errors.model,
    errors.lead_hours,
    errors.n,
    errors.mae,
    errors.bias,
    errors.pinball,
    errors.coverage,
    errors.mae_naive
from errors
inner join sensors using (sensor_id)
