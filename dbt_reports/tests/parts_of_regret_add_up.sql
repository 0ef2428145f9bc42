-- each part from the steps of connections and devices, apart from the mart
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
        {{ step_hours() }} as step_hours,
        outcomes.consumption_price_per_kwh,
        outcomes.production_price_per_kwh,
        outcomes.inflexible_consumption_kw - outcomes.inflexible_production_kw
        + coalesce(devices.metered_kw, 0) as metered_kw,
        outcomes.inflexible_consumption_kw - outcomes.inflexible_production_kw
        + coalesce(devices.planned_kw, 0) as planned_kw
    from {{ ref('stg_site_outcomes') }} as outcomes
    inner join {{ ref('connection_step') }} as connections using (site_id, commodity, event_start)
    left join devices using (site_id, commodity, event_start)
),

days as (
    select
        site_id,
        date,
        sum(step_hours * {{ price_of('metered_kw') }}) as metered_cost,
        sum(step_hours * {{ price_of('planned_kw') }}) as planned_cost
    from steps
    group by site_id, date
)

select
    regrets.*,
    days.metered_cost,
    days.planned_cost
from {{ ref('regret_daily') }} as regrets
left join days using (site_id, date)
where
    {{ in_selected_dates('regrets.date') }}
    and (
        days.metered_cost is null
        or abs(
            regrets.forecast_regret + regrets.execution_regret + regrets.model_regret
            - (regrets.realised_cost - regrets.perfect_cost)
        ) > 0.005
        or abs(regrets.regret - (regrets.realised_cost - regrets.perfect_cost)) > 0.005
        or abs(regrets.execution_regret - (days.metered_cost - days.planned_cost)) > 0.005
    )
