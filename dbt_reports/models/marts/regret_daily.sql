with days as (
    select
        site_id,
        date,
        bool_and(realised_energy_cost is not null) as is_measured,
        sum(realised_energy_cost) as realised_energy_cost,
        sum(as_planned_energy_cost) as as_planned_energy_cost
    from {{ ref('commodity_cost_daily') }}
    where {{ in_selected_dates('date') }}
    group by site_id, date
)

select
    plans.site_id,
    plans.date,
    plans.currency,
    forecasts.planned_cost - forecasts.followed_energy_cost + days.realised_energy_cost as realised_cost,
    forecasts.perfect_cost,
    forecasts.planned_cost - forecasts.followed_energy_cost + days.realised_energy_cost
    - forecasts.perfect_cost as regret,
    forecasts.planned_cost - forecasts.perfect_cost as forecast_regret,
    days.realised_energy_cost - days.as_planned_energy_cost as execution_regret,
    days.as_planned_energy_cost - forecasts.followed_energy_cost as model_regret,
    forecasts.departed_kwh,
    forecasts.horizon_end
from {{ ref('stg_plans') }} as plans
inner join {{ ref('stg_forecast_values') }} as forecasts using (run_id)
inner join days using (site_id, date)
where days.is_measured
