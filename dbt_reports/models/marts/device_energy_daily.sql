with energy as (
    select
        site_id,
        date,
        run_id,
        device_id,
        sum(consumed_kwh) as consumed_kwh,
        sum(produced_kwh) as produced_kwh,
        sum(energy_cost) as energy_cost
    from {{ ref('int_device_step_costs') }}
    group by site_id, date, run_id, device_id
)

select
    energy.site_id,
    energy.device_id,
    energy.date,
    days.status,
    energy.consumed_kwh,
    energy.produced_kwh,
    energy.energy_cost,
    days.stock_change_kwh,
    days.commodity
from energy
inner join {{ ref('stg_device_days') }} as days using (run_id, device_id)
