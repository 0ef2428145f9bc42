select
    sensor_id,
    sensor,
    kind,
    unit,
    date,
    model,
    cast(sum(n) as integer) as steps,
    sum(n * mae) / sum(n) as mae,
    sum(n * bias) / sum(n) as bias,
    sum(n * pinball) / sum(n) as pinball,
    sum(n * coverage) / sum(n) as coverage,
    sum(n * mae_naive) / sum(n) as mae_naive,
    1 - sum(n * mae) / nullif(sum(n * mae_naive), 0) as skill
from {{ ref('stg_forecast_errors') }}
group by sensor_id, sensor, kind, unit, date, model
