with steps as (
    select
        *,
        {{ step_hours() }} as step_hours,
        metered_power_kw is not null as is_metered
    from {{ ref('device_step') }}
    where
        (metered_power_kw is not null or measured_soc_kwh is not null)
        and {{ in_selected_dates('date') }}
)

select
    site_id,
    device_id,
    date,
    cast(count(*) filter (where is_metered) as integer) as metered_steps,
    sum(step_hours * power_kw) filter (where is_metered) as planned_kwh,
    sum(step_hours * metered_power_kw) as metered_kwh,
    sum(step_hours * abs(metered_power_kw - power_kw)) as deviation_kwh,
    sum(metered_energy_cost - energy_cost) as deviation_cost,
    max(abs(measured_soc_kwh - soc_kwh)) as largest_soc_deviation_kwh
from steps
group by site_id, device_id, date
