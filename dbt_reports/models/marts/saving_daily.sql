with plans as (
    select * from {{ ref('stg_plans') }}
),

steps as (
    select * from {{ ref('int_site_step_costs') }}
),

others as (
    select * from {{ ref('int_other_device_steps') }}
),

flows as (
    select
        run_id,
        baseline,
        event_start,
        sum(power_kw) as power_kw
    from others
    group by run_id, baseline, event_start
),

other_costs as (
    select
        flows.run_id,
        flows.baseline,
        sum(steps.step_hours * {{ price_of(
            '(steps.inflexible_consumption_kw - steps.inflexible_production_kw + flows.power_kw)'
        ) }}) as baseline_energy_cost
    from flows
    inner join steps using (run_id, event_start)
    group by flows.run_id, flows.baseline
),

other_stocks as (
    select
        others.run_id,
        others.baseline,
        sum(days.soc_end_kwh - others.soc_kwh) as stock_difference_kwh
    from others
    inner join plans using (run_id)
    inner join {{ ref('stg_device_days') }} as days using (run_id, device_id)
    where others.event_end = cast(plans.date + 1 as timestamp) at time zone plans.timezone
    group by others.run_id, others.baseline
),

days as (
    select
        run_id,
        sum(energy_cost) as energy_cost,
        sum(baseline_energy_cost) as baseline_energy_cost,
        avg(consumption_price_per_kwh) as mean_price_per_kwh
    from steps
    group by run_id
),

stocks as (
    select
        run_id,
        sum(soc_end_kwh - baseline_soc_end_kwh) as stock_difference_kwh
    from {{ ref('stg_device_days') }}
    group by run_id
),

baselines as (
    select
        days.run_id,
        'no flexibility' as baseline,
        days.baseline_energy_cost,
        stocks.stock_difference_kwh
    from days
    left join stocks using (run_id)
    union all
    select
        costs.run_id,
        costs.baseline,
        costs.baseline_energy_cost,
        stocks.stock_difference_kwh
    from other_costs as costs
    left join other_stocks as stocks using (run_id, baseline)
)

select
    plans.site_id,
    plans.date,
    baselines.baseline,
    plans.currency,
    days.energy_cost,
    baselines.baseline_energy_cost,
    baselines.baseline_energy_cost - days.energy_cost as saving,
    coalesce(baselines.stock_difference_kwh, 0) as stock_difference_kwh,
    coalesce(baselines.stock_difference_kwh, 0) * days.mean_price_per_kwh as stock_difference_value
from plans
inner join days using (run_id)
inner join baselines using (run_id)
