-- each part from the steps of connections and devices and from what is stored, apart from the mart
with devices as (
    select
        site_id,
        commodity,
        event_start,
        sum(coalesce(metered_power_kw, power_kw)) as metered_kw,
        sum(power_kw) as planned_kw
    from {{ ref('device_step') }}
    where {{ in_selected_dates('date') }}
    group by site_id, commodity, event_start
),

steps as (
    select
        outcomes.site_id,
        outcomes.date,
        outcomes.commodity,
        {{ step_hours() }} as step_hours,
        outcomes.consumption_price_per_kwh,
        outcomes.production_price_per_kwh,
        connections.energy_cost,
        outcomes.inflexible_consumption_kw - outcomes.inflexible_production_kw
        + coalesce(devices.metered_kw, 0) as metered_kw,
        outcomes.inflexible_consumption_kw - outcomes.inflexible_production_kw
        + coalesce(devices.planned_kw, 0) as as_planned_kw
    from {{ ref('stg_site_outcomes') }} as outcomes
    inner join {{ ref('connection_step') }} as connections using (site_id, commodity, event_start)
    left join devices using (site_id, commodity, event_start)
),

commodities as (
    select
        site_id,
        date,
        commodity,
        sum(energy_cost) as planned_cost,
        sum(step_hours * {{ price_of('metered_kw') }}) as metered_cost,
        sum(step_hours * {{ price_of('as_planned_kw') }}) as as_planned_cost,
        avg(consumption_price_per_kwh) as price_per_kwh
    from steps
    group by site_id, date, commodity
),

days as (
    select
        plans.site_id,
        plans.date,
        sum(commodities.planned_cost) as planned_cost,
        sum(commodities.metered_cost) as metered_cost,
        sum(commodities.as_planned_cost) as as_planned_cost,
        coalesce(sum(commodities.price_per_kwh * (came.stock_kwh - planned.stock_kwh)), 0) as left_in_store
    from {{ ref('stg_plans') }} as plans
    inner join commodities using (site_id, date)
    left join {{ source('flex', 'day_cost') }} as planned
        on planned.run_id = plans.run_id and planned.commodity = commodities.commodity and planned.way = 'planned'
    left join {{ source('flex', 'day_cost') }} as came
        on came.run_id = plans.run_id and came.commodity = commodities.commodity and came.way = 'realised'
    group by plans.site_id, plans.date
)

select
    regrets.*,
    days.planned_cost,
    days.metered_cost,
    days.as_planned_cost,
    days.left_in_store
from {{ ref('regret_daily') }} as regrets
left join days using (site_id, date)
where
    {{ in_selected_dates('regrets.date') }}
    and (
        days.metered_cost is null
        -- the best - realised
        or abs(
            regrets.perfect_cost - regrets.realised_cost
            + (regrets.forecast_regret + regrets.execution_regret + regrets.model_regret)
        ) > 0.005
        or abs(regrets.perfect_cost - regrets.realised_cost + regrets.regret) > 0.005
        -- planned - realised
        or abs(
            days.planned_cost - (days.metered_cost - days.left_in_store)
            + (regrets.forecast_surprise + regrets.execution_regret + regrets.model_regret)
        ) > 0.005
        or abs(regrets.planned_energy_cost - days.planned_cost) > 0.005
        or abs(regrets.realised_energy_cost - days.metered_cost) > 0.005
        or abs(regrets.stock_value - days.left_in_store) > 0.005
        or abs(regrets.execution_regret - (days.metered_cost - days.left_in_store - days.as_planned_cost)) > 0.005
    )
