with plans as (
    select * from {{ ref('stg_plans') }}
),

energy as (
    select
        site_id,
        date,
        sum(bought_kwh) as energy_bought_kwh,
        sum(sold_kwh) as energy_sold_kwh,
        sum(energy_cost) as energy_cost,
        sum(baseline_energy_cost) as baseline_energy_cost,
        max(greatest(net_power_kw, 0)) as peak_consumption_kw,
        max(greatest(baseline_net_power_kw, 0)) as baseline_peak_consumption_kw,
        max(greatest(-net_power_kw, 0)) as peak_production_kw
    from {{ ref('int_site_step_costs') }}
    group by site_id, date
),

realised as (
    select
        site_id,
        date,
        sum(realised_energy_cost) as energy_cost,
        max(greatest(realised_net_power_kw, 0)) as peak_consumption_kw
    from {{ ref('site_step') }}
    where {{ in_selected_dates('date') }}
    group by site_id, date
    having bool_and(realised_energy_cost is not null)
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
    energy.energy_bought_kwh,
    energy.energy_sold_kwh,
    energy.energy_cost,
    energy.baseline_energy_cost,
    energy.baseline_energy_cost - energy.energy_cost as saving,
    energy.peak_consumption_kw,
    energy.baseline_peak_consumption_kw,
    energy.peak_production_kw,
    coalesce(stock.stock_change_kwh, 0) as stock_change_kwh,
    realised.energy_cost as realised_energy_cost,
    realised.peak_consumption_kw as realised_peak_consumption_kw
from plans
inner join energy using (site_id, date)
left join realised using (site_id, date)
left join stock using (run_id)
