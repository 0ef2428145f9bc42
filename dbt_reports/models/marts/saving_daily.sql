with plans as (
    select * from {{ ref('stg_plans') }}
),

devices as (
    select
        run_id,
        baseline,
        event_start,
        sum(power_kw) as power_kw
    from {{ ref('int_baseline_device_steps') }}
    group by run_id, baseline, event_start
),

sites as (
    select
        *,
        inflexible_consumption_kw - inflexible_production_kw as inflexible_kw
    from {{ ref('stg_site_steps') }}
),

money as (
    select
        devices.run_id,
        devices.baseline,
        sum(sites.step_hours * {{ price_of('sites.net_power_kw') }}) as energy_cost,
        avg(sites.consumption_price_per_kwh) as mean_price_per_kwh,
        sum(sites.step_hours * {{ price_of('(sites.inflexible_kw + devices.power_kw)') }}) as baseline_energy_cost
    from devices
    inner join sites using (run_id, event_start)
    group by devices.run_id, devices.baseline
),

last_steps as (
    select distinct on (run_id, baseline, device_id)
        run_id,
        baseline,
        device_id,
        soc_kwh
    from {{ ref('int_baseline_device_steps') }}
    order by run_id asc, baseline asc, device_id asc, event_start desc
),

stocks as (
    select
        last_steps.run_id,
        last_steps.baseline,
        sum(days.soc_end_kwh - last_steps.soc_kwh) as stock_difference_kwh
    from last_steps
    inner join {{ ref('stg_device_days') }} as days using (run_id, device_id)
    group by last_steps.run_id, last_steps.baseline
)

select
    plans.site_id,
    plans.date,
    money.baseline,
    plans.currency,
    money.energy_cost,
    money.baseline_energy_cost,
    money.baseline_energy_cost - money.energy_cost as saving,
    coalesce(stocks.stock_difference_kwh, 0) as stock_difference_kwh,
    coalesce(stocks.stock_difference_kwh, 0) * money.mean_price_per_kwh as stock_difference_value
from plans
inner join money using (run_id)
left join stocks using (run_id, baseline)
