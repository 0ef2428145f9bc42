with plans as (
    select * from {{ ref('stg_plans') }}
),

steps as not materialized (
    select * from {{ ref('int_connection_step_costs') }}
),

devices as (
    select * from {{ ref('stg_device_days') }}
),

others as not materialized (
    select
        others.*,
        devices.commodity,
        devices.soc_end_kwh
    from {{ ref('int_other_device_steps') }} as others
    inner join devices using (run_id, device_id)
),

other_flows as (
    select
        run_id,
        baseline,
        commodity,
        event_start,
        sum(power_kw) as power_kw
    from others
    group by run_id, baseline, commodity, event_start
),

other_ways as (
    select distinct
        run_id,
        baseline
    from other_flows
),

other_costs as (
    select
        ways.run_id,
        ways.baseline,
        sum(steps.step_hours * {{ price_of(
            '(steps.inflexible_consumption_kw - steps.inflexible_production_kw + coalesce(flows.power_kw, 0))'
        ) }}) as baseline_energy_cost
    from other_ways as ways
    inner join steps using (run_id)
    left join other_flows as flows using (run_id, baseline, commodity, event_start)
    group by ways.run_id, ways.baseline
),

stocks as (
    select
        run_id,
        'no flexibility' as baseline,
        commodity,
        sum(soc_end_kwh - baseline_soc_end_kwh) as stock_difference_kwh
    from devices
    group by run_id, commodity
    union all
    select
        others.run_id,
        others.baseline,
        others.commodity,
        sum(others.soc_end_kwh - others.soc_kwh) as stock_difference_kwh
    from others
    inner join plans using (run_id)
    where others.event_end = cast(plans.date + 1 as timestamp) at time zone plans.timezone
    group by others.run_id, others.baseline, others.commodity
),

prices as (
    select
        run_id,
        commodity,
        avg(consumption_price_per_kwh) as price_per_kwh
    from steps
    group by run_id, commodity
),

stock_differences as (
    select
        stocks.run_id,
        stocks.baseline,
        sum(stocks.stock_difference_kwh) as stock_difference_kwh,
        sum(stocks.stock_difference_kwh * prices.price_per_kwh) as stock_difference_value
    from stocks
    inner join prices using (run_id, commodity)
    group by stocks.run_id, stocks.baseline
),

days as (
    select
        run_id,
        sum(energy_cost) as energy_cost,
        sum(baseline_energy_cost) as baseline_energy_cost
    from steps
    group by run_id
),

baselines as (
    select
        run_id,
        'no flexibility' as baseline,
        baseline_energy_cost
    from days
    union all
    select
        run_id,
        baseline,
        baseline_energy_cost
    from other_costs
)

select
    plans.site_id,
    plans.date,
    baselines.baseline,
    plans.currency,
    days.energy_cost,
    baselines.baseline_energy_cost,
    baselines.baseline_energy_cost - days.energy_cost as saving,
    coalesce(differences.stock_difference_kwh, 0) as stock_difference_kwh,
    coalesce(differences.stock_difference_value, 0) as stock_difference_value
from plans
inner join days using (run_id)
inner join baselines using (run_id)
left join stock_differences as differences using (run_id, baseline)
