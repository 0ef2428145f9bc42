with steps as (
    select
        *,
        {{ step_hours() }} as step_hours
    from {{ ref('device_step') }}
    where {{ in_selected_dates('date') }}
),

energy as (
    select
        site_id,
        date,
        device_id,
        commodity,
        sum(step_hours * greatest(power_kw, 0)) as consumed_kwh,
        sum(step_hours * greatest(-power_kw, 0)) as produced_kwh,
        sum(energy_cost) as energy_cost
    from steps
    group by site_id, date, device_id, commodity
)

select
    energy.site_id,
    energy.device_id,
    energy.date,
    days.status,
    energy.commodity,
    energy.consumed_kwh,
    energy.produced_kwh,
    energy.energy_cost,
    -energy.energy_cost as profit,
    days.stock_change_kwh
from energy
inner join {{ ref('stg_plans') }} as plans using (site_id, date)
inner join {{ ref('stg_device_days') }} as days using (run_id, device_id)
