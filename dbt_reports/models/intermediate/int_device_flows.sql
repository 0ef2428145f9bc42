with steps as (
    select
        site_id,
        commodity,
        event_start,
        power_kw,
        baseline_power_kw,
        coalesce(metered_power_kw, power_kw) as realised_power_kw
    from {{ ref('device_step') }}
    where {{ in_selected_dates('date') }}
)

select
    site_id,
    commodity,
    event_start,
    sum(greatest(power_kw, 0)) as consumption_kw,
    sum(greatest(-power_kw, 0)) as production_kw,
    sum(greatest(baseline_power_kw, 0)) as baseline_consumption_kw,
    sum(greatest(-baseline_power_kw, 0)) as baseline_production_kw,
    sum(greatest(realised_power_kw, 0)) as realised_consumption_kw,
    sum(greatest(-realised_power_kw, 0)) as realised_production_kw
from steps
group by site_id, commodity, event_start
