with plans as (
    select * from {{ ref('stg_plans') }}
),

days as (
    select
        site_id,
        date,
        bool_and(realised_energy_cost is not null) as is_measured,
        sum(energy_cost) as planned_energy_cost,
        sum(realised_energy_cost) as realised_energy_cost,
        sum(as_planned_energy_cost) as as_planned_energy_cost
    from {{ ref('commodity_cost_daily') }}
    where {{ in_selected_dates('date') }}
    group by site_id, date
),

prices as (
    select
        site_id,
        commodity,
        date,
        avg(realised_consumption_price_per_kwh) as price_per_kwh
    from {{ ref('connection_step') }}
    where {{ in_selected_dates('date') }}
    group by site_id, commodity, date
),

stocks as (
    select
        run_id,
        commodity,
        sum(case way when 'realised' then stock_kwh else -stock_kwh end) as difference_kwh
    from {{ ref('stg_day_facts') }}
    where way in ('planned', 'realised')
    group by run_id, commodity
    having count(*) = 2
),

stock_values as (
    select
        plans.run_id,
        sum(stocks.difference_kwh) as stock_difference_kwh,
        sum(stocks.difference_kwh * prices.price_per_kwh) as stock_value
    from plans
    inner join stocks using (run_id)
    inner join prices using (site_id, commodity, date)
    group by plans.run_id
),

parts as (
    select
        plans.site_id,
        plans.date,
        plans.currency,
        forecasts.planned_cost as followed_cost,
        forecasts.perfect_cost,
        forecasts.departed_kwh,
        forecasts.horizon_end,
        forecasts.followed_energy_cost,
        days.planned_energy_cost,
        days.as_planned_energy_cost,
        days.realised_energy_cost,
        coalesce(stock_values.stock_difference_kwh, 0) as stock_difference_kwh,
        coalesce(stock_values.stock_value, 0) as stock_value
    from plans
    inner join {{ ref('stg_forecast_values') }} as forecasts using (run_id)
    inner join days using (site_id, date)
    left join stock_values using (run_id)
    where days.is_measured
)

select
    site_id,
    date,
    currency,
    followed_cost - followed_energy_cost + realised_energy_cost - stock_value as realised_cost,
    perfect_cost,
    followed_cost - followed_energy_cost + realised_energy_cost - stock_value - perfect_cost as regret,
    followed_cost - perfect_cost as forecast_regret,
    realised_energy_cost - as_planned_energy_cost - stock_value as execution_regret,
    as_planned_energy_cost - followed_energy_cost as model_regret,
    departed_kwh,
    horizon_end,
    stock_difference_kwh,
    stock_value,
    planned_energy_cost,
    realised_energy_cost,
    followed_energy_cost - planned_energy_cost as forecast_surprise
from parts
