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

components as (
    select
        site_id,
        date,
        bool_or(component = 'peak') as is_complete,
        sum(cost) as cost,
        sum(baseline_cost) as baseline_cost,
        case when bool_and(realised_cost is not null) then sum(realised_cost) end as realised_cost
    from {{ ref('cost_component_daily') }}
    where {{ in_selected_dates('date') }}
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
    electricity.realised_peak_consumption_kw,
    case when components.is_complete then components.cost end as total_cost,
    case when components.is_complete then components.baseline_cost end as baseline_total_cost,
    case when components.is_complete then components.realised_cost end as realised_total_cost
from plans
inner join energy using (site_id, date)
inner join electricity using (site_id, date)
inner join components using (site_id, date)
left join stock using (run_id)
