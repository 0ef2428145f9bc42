with steps as (
    select
        *,
        power_kw is not null and metered_power_kw is not null as is_metered
    from {{ ref('int_device_steps') }}
    where metered_power_kw is not null or measured_soc_kwh is not null
)

select
    site_id,
    device_id,
    date,
    cast(count(*) filter (where is_metered) as integer) as metered_steps,
    sum(step_hours * power_kw) filter (where is_metered) as planned_kwh,
    sum(step_hours * metered_power_kw) as metered_kwh,
    sum(step_hours * abs(metered_power_kw - power_kw)) as deviation_kwh,
    sum(step_hours * ({{ price_of('metered_power_kw') }} - {{ price_of('power_kw') }})) as deviation_cost,
    max(abs(measured_soc_kwh - soc_kwh)) as largest_soc_deviation_kwh
from steps
group by site_id, device_id, date
