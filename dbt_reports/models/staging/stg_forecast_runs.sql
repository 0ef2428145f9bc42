with forecasts as (
    select * from {{ source('flex', 'forecast_run') }}
    where {{ in_selected_dates('date') }}
),

sensors as (
    select * from {{ source('flex', 'sensor') }}
)

select
    forecasts.sensor_id,
    sensors.site_id,
    forecasts.date,
    forecasts.ladder_step
from forecasts
inner join sensors using (sensor_id)
