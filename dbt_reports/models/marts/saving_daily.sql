with plans as (
    select
        *,
        cast(date + 1 as timestamp) at time zone timezone as day_end
    from {{ ref('stg_plans') }}
),

steps as not materialized (
    select * from {{ ref('int_connection_step_costs') }}
),

devices as (
    select * from {{ ref('stg_device_days') }}
),

commodities as (
    select
        run_id,
        commodity,
        sum(energy_cost) as energy_cost,
        sum(baseline_energy_cost) as baseline_energy_cost,
        sum(step_hours * {{ price_of('(inflexible_consumption_kw - inflexible_production_kw)') }}) as inflexible_cost,
        avg(consumption_price_per_kwh) as price_per_kwh
    from steps
    group by run_id, commodity
),

other_flows as (
    select
        others.run_id,
        others.baseline,
        devices.commodity,
        others.event_start,
        max(others.event_end) as event_end,
        sum(others.power_kw) as power_kw,
        sum(devices.soc_end_kwh - others.soc_kwh) as stock_difference_kwh
    from {{ ref('int_other_device_steps') }} as others
    inner join devices using (run_id, device_id)
    group by others.run_id, others.baseline, devices.commodity, others.event_start
),

-- beyond that of the fixed flows alone: not every step has a device
other_costs as (
    select
        flows.run_id,
        flows.baseline,
        sum(
            coalesce(steps.step_hours * {{ price_of(
                '(steps.inflexible_consumption_kw - steps.inflexible_production_kw + flows.power_kw)'
            ) }}, 0)
            - coalesce(steps.step_hours * {{ price_of(
                '(steps.inflexible_consumption_kw - steps.inflexible_production_kw)'
            ) }}, 0)
        ) as device_cost
    from other_flows as flows
    left join steps using (run_id, commodity, event_start)
    group by flows.run_id, flows.baseline
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
        flows.run_id,
        flows.baseline,
        flows.commodity,
        flows.stock_difference_kwh
    from other_flows as flows
    inner join plans using (run_id)
    where flows.event_end = plans.day_end
),

stock_differences as (
    select
        stocks.run_id,
        stocks.baseline,
        sum(stocks.stock_difference_kwh) as stock_difference_kwh,
        sum(stocks.stock_difference_kwh * commodities.price_per_kwh) as stock_difference_value
    from stocks
    inner join commodities using (run_id, commodity)
    group by stocks.run_id, stocks.baseline
),

days as (
    select
        run_id,
        sum(energy_cost) as energy_cost,
        sum(baseline_energy_cost) as baseline_energy_cost,
        sum(inflexible_cost) as inflexible_cost
    from commodities
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
        costs.baseline,
        days.inflexible_cost + costs.device_cost as baseline_energy_cost
    from days
    inner join other_costs as costs using (run_id)
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
