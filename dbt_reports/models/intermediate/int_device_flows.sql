select
    run_id,
    event_start,
    sum(greatest(power_kw, 0)) as consumption_kw,
    sum(greatest(-power_kw, 0)) as production_kw,
    sum(greatest(baseline_power_kw, 0)) as baseline_consumption_kw,
    sum(greatest(-baseline_power_kw, 0)) as baseline_production_kw,
    sum(greatest(realised_power_kw, 0)) as realised_consumption_kw,
    sum(greatest(-realised_power_kw, 0)) as realised_production_kw
from {{ ref('int_device_steps') }}
group by run_id, event_start
