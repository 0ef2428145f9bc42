with plans as (
    select * from {{ ref('stg_plans') }}
),

commodities as (
    select * from {{ ref('commodity_cost_daily') }}
    where {{ in_selected_dates('date') }}
),

energy as (
    select
        site_id,
        date,
        sum(energy_cost) as energy_cost,
        sum(baseline_energy_cost) as baseline_energy_cost,
        case when bool_and(realised_energy_cost is not null) then sum(realised_energy_cost) end as realised_energy_cost
    from commodities
    group by site_id, date
),

electricity as (
    select * from commodities
    where commodity = 'electricity'
),

stock as (
    select
        run_id,
        sum(devices.stock_change_kwh) as stock_change_kwh
    from plans
    inner join {{ ref('stg_device_days') }} as devices using (run_id)
    group by run_id
)

select
    plans.site_id,
    plans.date,
    plans.status,
    plans.planning_time,
    plans.currency,
    electricity.energy_bought_kwh,
    electricity.energy_sold_kwh,
    energy.energy_cost,
    energy.baseline_energy_cost,
    energy.baseline_energy_cost - energy.energy_cost as saving,
    electricity.peak_consumption_kw,
    electricity.baseline_peak_consumption_kw,
    electricity.peak_production_kw,
    coalesce(stock.stock_change_kwh, 0) as stock_change_kwh,
    energy.realised_energy_cost,
    electricity.realised_peak_consumption_kw
from plans
inner join energy using (site_id, date)
inner join electricity using (site_id, date)
left join stock using (run_id)
